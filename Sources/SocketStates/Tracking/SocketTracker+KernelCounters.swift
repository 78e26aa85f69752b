/// What counters in the kernel say (sockstated-bpf), in place of destroy events.
extension SocketTracker {
  /// What happened to a socket.
  package enum KernelEvent: Sendable, Equatable {
    case failed(ConnectFailure)
    case reset(Reset)
    case connections(KernelConnections)

    /// Whether nothing but the kernel's counters tells of it.
    package var isReset: Bool { if case .reset = self { true } else { false } }
  }

  /// Events of one kind of the sockets of one process, direction and port.
  package struct KernelCount: Sendable {
    package var event: KernelEvent
    package var times: UInt64
    /// nil if it is not known.
    package var owner: Owner?
    /// nil if it is not known.
    package var direction: Direction?
    /// The service port; nil if it is not known.
    package var port: UInt16?

    package init(
      _ event: KernelEvent, _ times: UInt64, owner: Owner?, _ direction: Direction?, port: UInt16?
    ) {
      self.event = event
      // No poll comes to as many: a file that says so must not make a sum overflow.
      self.times = min(times, UInt64(UInt32.max))
      self.owner = owner
      self.direction = direction
      self.port = port
    }
  }

  /// Takes in events; the next report has them.
  package mutating func count(_ count: KernelCount) { kernelCounts.append(count) }

  mutating func account(for count: KernelCount) {
    let group: UInt32
    if let direction = count.direction, let port = count.port {
      let owner = direction == .inbound ? listeners.owner(on: port, count.owner) : count.owner
      let labels = labels(owner ?? .unknown, direction, port)
      group =
        owner == nil
        ? groups.number(ofUnseen: labels, at: now) : groups.number(of: labels, at: now)
    } else {
      group = groups.numberOfUnknown(count.direction ?? .inbound, at: now)
    }
    switch count.event {
    case .failed(let failure): groups[group].counters.connectFailures[failure] += count.times
    case .connections(let connections): groups[group].counters.add(connections.bounded)
    case .reset(let reset): groups[group].counters.resets[reset] += count.times
    }
    if groups[group].members == 0 { groups[group].emptySince = now }
  }
}
