/// Connections of a group that broke after the same silence: somebody's idle timeout.
package struct IdleCluster: Sendable, Equatable {
  /// How many there are.
  package var count: Int
  /// Of how many that broke after a second of silence or more.
  package var all: Int
  /// ms of the shortest and of the longest of the silences.
  package var shortest: UInt32
  package var longest: UInt32
  /// Those in which a request was in flight.
  package var inFlight: Int

  /// ms after which they broke.
  package var idle: Int64 { (Int64(shortest) + Int64(longest)) / 2 }
}

/// The last connections of a group that broke after a silence, and where these silences cluster.
struct IdleEndings {
  private struct Ending: BitwiseCopyable {
    /// Monotonic ms.
    var time: Int64
    /// ms
    var silence: UInt32
    var isUnanswered: Bool
    var waitedForAnswer: Bool
  }

  /// How many are remembered: a kilobyte.
  private static let capacity = 64
  /// ms for which one counts.
  private static let memory: Int64 = 30 * 60 * 1000
  /// ms below which a silence is no idle timeout.
  static let least: UInt32 = 1000
  /// ms within which connections that waited for answers have ended by one event.
  private static let moment: Int64 = 2000

  private var endings = ContiguousArray<Ending>()
  private var next = 0

  /// Remembers one in the place of the oldest.
  mutating func note(
    silence: UInt32, isUnanswered: Bool, waitedForAnswer: Bool = false, at time: Int64
  ) {
    guard silence >= Self.least else { return }
    let ending = Ending(
      time: time, silence: silence, isUnanswered: isUnanswered, waitedForAnswer: waitedForAnswer)
    if endings.count < Self.capacity {
      endings.append(ending)
    } else {
      endings[next] = ending
      next = (next + 1) % Self.capacity
    }
  }

  /// The endings, with one in place of those that one event has ended.
  private var separate: [Ending] {
    var last = Int64.min
    return endings.sorted { $0.time < $1.time }.filter { ending in
      guard ending.waitedForAnswer else { return true }
      defer { last = ending.time }
      return last == .min || ending.time - last > Self.moment
    }
  }

  /// The silences of which the longest is hardly longer than the shortest, if they are enough, and at least half of
  /// all.
  func cluster(at now: Int64) -> IdleCluster? {
    guard endings.count >= Thresholds.leastIdleEndings else { return nil }
    let recent = separate.filter { now - $0.time <= Self.memory }.sorted { $0.silence < $1.silence }
    var best = 0..<0
    var first = 0
    for last in recent.indices {
      while Double(recent[last].silence) > Thresholds.idleSpread * Double(recent[first].silence) {
        first += 1
      }
      if last + 1 - first > best.count { best = first..<last + 1 }
    }
    guard best.count >= Thresholds.leastIdleEndings, 2 * best.count >= recent.count else {
      return nil
    }
    return IdleCluster(
      count: best.count, all: recent.count, shortest: recent[best.lowerBound].silence,
      longest: recent[best.upperBound - 1].silence,
      inFlight: recent[best].count { $0.isUnanswered })
  }
}
