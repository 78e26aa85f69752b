import SocketStates

/// Reads what belongs to a network namespace beside its sockets: to the one that the calling thread
/// is in.
struct NamespaceReader: ~Copyable {
  private var hostCounters: HostCountersReader
  private let ephemeralPorts: EphemeralPortsReader
  private var mptcp: MPTCPSockets

  init(procfs: ProcFS) {
    hostCounters = HostCountersReader(procfs: procfs)
    ephemeralPorts = EphemeralPortsReader(procfs: procfs)
    mptcp = MPTCPSockets(procfs: procfs)
  }

  /// Reads all of it.
  /// - Parameter countsMPTCP: whether sock_diag may be asked for the MPTCP sockets.
  mutating func read(into namespace: NetworkNamespace, countsMPTCP: Bool) {
    namespace.host = nil
    namespace.unhashed = UnhashedSockets()
    do throws(SystemError) {
      var counters = HostCounters()
      let unhashed = try hostCounters.readTraffic(into: &counters).unhashed
      try hostCounters.readRest(into: &counters)
      namespace.host = counters
      namespace.unhashed = unhashed
    } catch {}
    namespace.tracker.ephemeralPorts = ephemeralPorts.read()
    namespace.mptcp = countsMPTCP ? mptcp.read() : nil
  }

  /// Reads what moves in a namespace, and the rest only if it is wanted then.
  /// - Returns: what moves; nil if the rest is not wanted.
  mutating func read(
    into namespace: NetworkNamespace, ifWanted isWanted: (TrafficFingerprint) -> Bool
  ) throws(SystemError) -> TrafficFingerprint? {
    var counters = HostCounters()
    let traffic = try hostCounters.readTraffic(into: &counters)
    namespace.unhashed = traffic.unhashed
    guard isWanted(traffic) else { return nil }
    try? hostCounters.readRest(into: &counters)
    // The kernel counts those of all namespaces together.
    counters.orphanedSockets = nil
    namespace.host = counters
    namespace.tracker.ephemeralPorts = ephemeralPorts.read()
    namespace.mptcp = traffic.isEmpty ? nil : mptcp.read()
    return traffic
  }
}
