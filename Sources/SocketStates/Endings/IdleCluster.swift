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
  static let memory: Int64 = 30 * 60 * 1000
  /// ms below which a silence is no idle timeout.
  static let least: UInt32 = 1000
  /// ms of silence after which a connection is not taken to be used again.
  static let longestWatched = UInt32(memory)
  /// ms within which connections that waited for answers have ended by one event.
  private static let moment: Int64 = 2000

  private var endings = ContiguousArray<Ending>()
  private var next = 0
  /// Silences after which connections of the group went on.
  var survived = SurvivedSilences()

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
    // If connections are used that seldom anyway, the silences tell how seldom, unless several events have ended them.
    if survived.longest(at: now, within: Self.memory) >= recent[best.lowerBound].silence / 4 * 3,
      moments(recent[best]) < Thresholds.leastIdleMoments
    {
      return nil
    }
    return IdleCluster(
      count: best.count, all: recent.count, shortest: recent[best.lowerBound].silence,
      longest: recent[best.upperBound - 1].silence,
      inFlight: recent[best].count { $0.isUnanswered })
  }

  /// How many events may have ended the connections at the least: one that falls into several silences explains these.
  private func moments(_ endings: ArraySlice<Ending>) -> Int {
    var count = 0
    var last = Int64.min
    for ending in endings.sorted(by: { $0.time < $1.time })
    where ending.time - Int64(ending.silence) > last {
      count += 1
      last = ending.time
    }
    return count
  }
}

/// Silences in which connections of a group did not break: of a few that are watched at a time.
struct SurvivedSilences {
  private struct Watched: BitwiseCopyable {
    var tupleHash: UInt64 = 0
    /// Monotonic ms at which it was last looked at, and how long it had been silent then.
    var time: Int64 = 0
    var silence: UInt32 = 0
  }

  /// ms after which a place is free again if nobody has seen its connection.
  private static let patience: Int64 = 2 * 60 * 1000

  private var watched = InlineArray<4, Watched>(repeating: Watched())
  /// The longest of late, and of the time before that.
  private var recent: (silence: UInt32, since: Int64) = (0, .min)
  private var before: UInt32 = 0

  /// Looks at an established connection.
  /// - Parameters:
  ///   - silence: ms since payload last moved.
  ///   - received: ms since payload last arrived.
  @inline(__always)
  mutating func look(at tupleHash: UInt64, silence: UInt32, received: UInt32, now: Int64) {
    let place = Int(truncatingIfNeeded: tupleHash & 3)
    let known = watched[place]
    if known.tupleHash == tupleHash {
      // The peer's answer came after it.
      if Int64(received) < now - known.time { note(known.silence, at: now) }
    } else {
      guard silence >= IdleEndings.least, silence <= IdleEndings.longestWatched,
        silence > known.silence || known.time < now - Self.patience
          || known.silence < IdleEndings.least
      else { return }
    }
    // One that nobody uses any more has no claim to be watched.
    let isUnused = silence > IdleEndings.longestWatched
    watched[place] = Watched(tupleHash: tupleHash, time: now, silence: isUnused ? 0 : silence)
  }

  private mutating func note(_ silence: UInt32, at now: Int64) {
    guard silence >= IdleEndings.least else { return }
    if recent.since == .min || now - recent.since > IdleEndings.memory {
      (before, recent) = (recent.silence, (0, now))
    }
    recent.silence = max(recent.silence, silence)
  }

  /// ms of the longest of late; 0 if there was none.
  func longest(at now: Int64, within memory: Int64) -> UInt32 {
    recent.since == .min || now - recent.since > 2 * memory ? 0 : max(recent.silence, before)
  }
}
