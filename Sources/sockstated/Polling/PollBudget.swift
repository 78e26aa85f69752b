/// How much of one core polls may take: what costs more is done less often.
///
/// Judged by an average over some polls, so that one dear poll, such as the first, stretches nothing.
struct PollBudget {
  /// The share of one core, 0 to 1.
  var share: Double
  /// CPU time of a poll, ms: the average that forgets half in three polls.
  private var cost = 0.0

  init(share: Double) { self.share = share }

  /// Takes the CPU time of a poll that has just finished.
  mutating func spent(seconds: Double) { cost += (seconds * 1000 - cost) / 4 }

  /// The least time from one poll to the next, ms.
  var pause: Int64 { Int64((cost / share).rounded(.up)) }

  /// The interval to keep, ms: the wanted one, or a longer one that keeps within the budget. Rounded
  /// up to a tenth of the wanted, so that it does not change with every poll.
  func interval(wanted: Int64) -> Int64 {
    guard pause > wanted else { return wanted }
    let step = max(1, wanted / 10)
    return (pause + step - 1) / step * step
  }
}
