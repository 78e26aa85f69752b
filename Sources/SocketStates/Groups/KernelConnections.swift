/// Connections of one process, direction and port that the kernel itself has counted.
package struct KernelConnections: Sendable, Equatable {
  package var opened: UInt64 = 0
  package var ended = Tally<ConnectionEnd>()
  /// From connect() to established.
  package var connects = FixedHistogram<ConnectScale>()
  /// From established to the end.
  package var lifetimes = FixedHistogram<LifetimeScale>()

  package init() {}

  /// What came since an earlier count; nil if one of these is smaller, and so it is of another group.
  package func subtracting(_ base: KernelConnections) -> KernelConnections? {
    var (rest, isSmaller) = (self, false)
    rest.combine(base) { new, old in
      if new < old { isSmaller = true }
      return new &- old
    }
    return isSmaller ? nil : rest
  }

  /// Takes each number together with that of another one.
  mutating func combine(_ other: KernelConnections, _ combined: (UInt64, UInt64) -> UInt64) {
    opened = combined(opened, other.opened)
    for end in ConnectionEnd.allCases { ended[end] = combined(ended[end], other.ended[end]) }
    connects.combine(other.connects, combined)
    lifetimes.combine(other.lifetimes, combined)
  }

  /// The same, with nothing that no poll comes to: a file that says so must not make a sum overflow.
  var bounded: KernelConnections {
    var bounded = self
    bounded.combine(self) { one, _ in min(one, UInt64(UInt32.max)) }
    return bounded
  }
}
