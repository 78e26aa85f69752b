/// How much of one core polls may take: what costs more is done less often.
///
/// Judged by an average over some polls, so that one dear poll, such as the first, stretches nothing.
struct PollBudget {
  /// The part of the budget that light polls may take: whole ones get what is left (``WholePollSchedule``).
  private static let forLight = 0.8

  /// The share of one core, 0 to 1.
  var share: Double
  /// CPU time of a poll that reads every socket, ms: the average that forgets half in three polls.
  private var whole = 0.0
  /// The same of light polls; nil if there are none.
  private var light: Double?
  /// Polls in a row after which there are none.
  private var wholeInRow = 0

  init(share: Double) { self.share = share }

  /// Takes the CPU time of a poll that has just finished.
  mutating func spent(seconds: Double, isLight: Bool = false) {
    wholeInRow = isLight ? 0 : wholeInRow + 1
    if isLight {
      light = (light ?? 0) + (seconds * 1000 - (light ?? 0)) / 4
    } else {
      whole += (seconds * 1000 - whole) / 4
      if wholeInRow > 2 { light = nil }
    }
  }

  /// The least time from one poll that reads every socket to the next, ms.
  var pause: Int64 { Int64((whole / share).rounded(.up)) }

  /// The interval to keep, ms: the wanted one, or a longer one that keeps within the budget. Rounded
  /// up to a tenth of the wanted, so that it does not change with every poll.
  func interval(wanted: Int64) -> Int64 {
    let pause = light.map { Int64(($0 / (share * Self.forLight)).rounded(.up)) } ?? pause
    guard pause > wanted else { return wanted }
    let step = max(1, wanted / 10)
    return (pause + step - 1) / step * step
  }
}
