package import SocketStates

/// Which polls of a network namespace read every socket: all, if they cost little more than light ones
/// (``TCPStateSet/light``); else as the budget allows, and sooner if the kernel's counters tell that much has changed.
package struct WholePollSchedule {
  /// What the polls of a network namespace may cost.
  package struct Budget: Sendable {
    /// ms from one poll to the next.
    var interval: Int64
    /// The share of one core.
    var share: Double

    package init(interval: Int64, share: Double) {
      self.interval = interval
      self.share = share
    }

    /// Every poll is whole.
    package static let unlimited = Budget(interval: 0, share: 1)

    /// Whether polls may cost what they like.
    fileprivate var isUnlimited: Bool { share >= 1 }

    /// The part of it that is left if a poll at each interval takes so many ms: 0.2 to 0.5, since the interval is
    /// stretched for what takes more.
    fileprivate func left(beside milliseconds: Double) -> Double {
      min(0.5, max(0.2, 1 - milliseconds / (Double(interval) * share)))
    }

    /// That of each of so many network namespaces.
    func divided(by count: Int) -> Budget {
      isUnlimited ? self : Budget(interval: interval, share: share / Double(max(1, count)))
    }
  }

  /// ms of CPU time by which a whole poll may always cost more than a light one: some thousand connections.
  private static let cheap = 10.0
  /// ms after which a whole poll is due in any case, unless the budget does not allow it.
  private static let longest = 60_000.0
  /// The part of the budget that whole polls take if little changes. If much does, it is what light ones leave.
  private static let usual = 0.1
  /// Connections that make a change worth a whole poll: of those that there are, the part that has gone or come, and
  /// that may be others by now; and in any case at least so many.
  private static let change = (difference: 0.1, turnover: 0.5, least: 1_000.0)

  /// ms of CPU time of a dump: averages in which one expensive poll (e.g. the first) does not count much. That of light
  /// polls sinks while there are none, so that one tries some time whether they are cheaper by now.
  private var (whole, light) = (0.0, 0.0)
  /// The same of what a whole poll takes beside its dump: it finds more owners.
  private var owners = 0.0
  /// Monotonic ms of the last whole poll, and what the kernel had counted before it.
  private var last: (time: Int64, established: UInt64?, opened: UInt64?)?

  package init() {}

  /// Whether a poll is to be whole.
  /// - Parameters:
  ///   - now: monotonic ms.
  ///   - host: the kernel's counters now.
  ///   - isOutdated: as of ``SocketTracker/isOutdated``.
  package func isDue(
    at now: Int64, _ host: HostCounters?, isOutdated: Bool = false, _ budget: Budget
  ) -> Bool {
    let extra = whole - light
    guard let last, !budget.isUnlimited, extra > Self.cheap else { return true }
    let cost = extra + owners
    let shortest = cost / (budget.share * budget.left(beside: light))
    let period =
      isOutdated || hasChanged(host)
      ? shortest : max(shortest, min(cost / (budget.share * Self.usual), Self.longest))
    // Of the two polls that are nearest to that time, the nearer one.
    return Double(now - last.time + budget.interval / 2) >= period
  }

  /// Takes note of a poll.
  /// - Parameters:
  ///   - milliseconds: the CPU time that its dump took.
  ///   - owners: that of the rest.
  package mutating func polled(
    isLight: Bool, milliseconds: Double, owners: Double = 0, at now: Int64, _ host: HostCounters?
  ) {
    if isLight {
      light = light == 0 ? milliseconds : light + (milliseconds - light) / 4
    } else {
      light *= 0.999
      let weight = last == nil ? 0.25 : 0.5
      whole += (milliseconds - whole) * weight
      // The first finds the owners of all, and the next may have to go on with that.
      if last != nil { self.owners += (owners - self.owners) * weight }
      last = (now, host?.established, host?.opened)
    }
  }

  private func hasChanged(_ host: HostCounters?) -> Bool {
    guard let established = host?.established, let before = last?.established else { return false }
    let difference = Double(max(established, before) - min(established, before))
    let opened = host?.opened ?? 0
    let new = Double(opened - min(opened, last?.opened ?? opened))
    return difference > max(Self.change.least, Double(before) * Self.change.difference)
      || new > max(Self.change.least, Double(before) * Self.change.turnover)
  }
}

extension HostCounters {
  /// Connections that have come to be, by either side; nil if that is not known.
  fileprivate var opened: UInt64? {
    guard let activeOpens, let passiveOpens else { return nil }
    return activeOpens &+ passiveOpens
  }
}
