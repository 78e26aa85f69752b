/// Which local endpoints are, or lately were, listened on, and by whom.
struct ListenerTable: ~Copyable {
  /// A local endpoint that is listened on. Several sockets may share it (SO_REUSEPORT), and the kernel does not say by
  /// which of them a connection came in.
  struct Listener {
    private struct Socket {
      var entry: UInt32
      var owner: Owner
      /// Whether another process of the owner's name may be the one that accepts from it.
      var isOneOfMany: Bool
    }

    /// The listening sockets there now.
    private var sockets: [Socket] = []
    /// Whether it takes no IPv4 although its address is the wildcard of IPv6.
    fileprivate var isV6Only = false
    /// What is known of the owner of a connection that came in here (``Owner/common(_:)``); if the last socket has
    /// gone, of that one's.
    private(set) var owner = Owner.unknown
    /// Names of processes that were seen to have accepted connections of it: a launcher may hold it too, and never does.
    fileprivate(set) var acceptors: [String] = []
    /// Monotonic ms at which the last of them was gone.
    fileprivate var goneSince: Int64 = 0

    var isGone: Bool { sockets.isEmpty }

    /// Their entries.
    var entries: [UInt32] { sockets.map(\.entry) }

    /// The owners of its sockets, or of the last one that went.
    fileprivate var owners: [Owner] { isGone ? [owner] : sockets.map(\.owner) }

    /// What is known of the owner of a connection that waits at one of these sockets; nil if none of them is here.
    func owner(atAnyOf entries: [UInt32]) -> Owner? {
      let isShared = sockets.count > 1
      return Owner.common(
        sockets.lazy.filter { entries.contains($0.entry) }.map { socket in
          var owner = socket.owner
          if isShared, socket.isOneOfMany { owner.identity = Owner.unknown.identity }
          return owner
        })
    }

    fileprivate mutating func add(entry: UInt32, owner: Owner, isV6Only: Bool, isOneOfMany: Bool?) {
      self.isV6Only = isV6Only
      if isGone { acceptors = [] }
      let before = sockets.first { $0.entry == entry }?.isOneOfMany ?? false
      sockets.removeAll { $0.entry == entry }
      sockets.append(
        Socket(entry: entry, owner: owner, isOneOfMany: isOneOfMany ?? before))
      settle()
    }

    fileprivate mutating func remove(entry: UInt32, at now: Int64) {
      sockets.removeAll { $0.entry == entry }
      if isGone { goneSince = now }
      settle()
    }

    fileprivate mutating func update(_ owner: Owner) {
      for index in sockets.indices where sockets[index].owner.identity == owner.identity {
        sockets[index].owner = owner
      }
      if isGone, self.owner.identity == owner.identity { self.owner = owner }
      settle()
    }

    private mutating func settle() { owner = owner(atAnyOf: entries) ?? owner }
  }

  private var listeners: [Endpoint: Listener] = [:]
  private var endpoints: [UInt32: Endpoint] = [:]
  /// The ports that have listeners: those of most sockets have none, and are not looked up.
  private var ports = PortSet()
  /// Names that are remembered of those that accept at an endpoint, at most.
  private static let acceptorLimit = 16

  /// Tells that a listening socket is there, or that its owner is another now.
  /// - Parameter isOneOfMany: whether another process of the owner's name may be the one that accepts from it; nil if
  ///   that is as before.
  mutating func add(
    _ endpoint: Endpoint, entry: UInt32, owner: Owner, isV6Only: Bool = false,
    isOneOfMany: Bool? = nil
  ) {
    endpoints[entry] = endpoint
    ports.insert(endpoint.port)
    listeners[endpoint, default: Listener()].add(
      entry: entry, owner: owner, isV6Only: isV6Only, isOneOfMany: isOneOfMany)
  }

  /// Tells that a listening socket has gone; its port is remembered.
  mutating func remove(entry: UInt32, at now: Int64) {
    guard let endpoint = endpoints.removeValue(forKey: entry) else { return }
    listeners[endpoint]?.remove(entry: entry, at: now)
  }

  /// Tells that a process has another name or unit now.
  mutating func update(_ owner: Owner) {
    for endpoint in listeners.keys { listeners[endpoint]?.update(owner) }
  }

  /// Tells that a process of that name has accepted a connection to `local`.
  mutating func noteAcceptor(_ name: String, of local: Endpoint) {
    guard let endpoint = endpoint(for: local), let known = listeners[endpoint]?.acceptors,
      known.count < Self.acceptorLimit, !known.contains(name)
    else { return }
    listeners[endpoint]?.acceptors.append(name)
  }

  /// The listener that a connection to `local` came in by.
  func listener(for local: Endpoint) -> Listener? { endpoint(for: local).flatMap { listeners[$0] } }

  /// What a connection to `local` came in by: its own address before the wildcards, and of
  /// these the one that is bound to its device before one that takes all (`compute_score()`,
  /// net/ipv4/inet_hashtables.c).
  private func endpoint(for local: Endpoint) -> Endpoint? {
    guard ports.contains(local.port) else { return nil }
    if let exact = endpoint(at: local.address, local) { return exact }
    let any = endpoint(at: .anyIPv6, local)
    guard local.address.isIPv4 else { return any }
    if let anyIPv4 = endpoint(at: .anyIPv4, local) { return anyIPv4 }
    return any.flatMap { listeners[$0]?.isV6Only == true ? nil : $0 }
  }

  private func endpoint(at address: Address, _ local: Endpoint) -> Endpoint? {
    var endpoint = Endpoint(address: address, port: local.port, device: local.device)
    if listeners[endpoint] != nil { return endpoint }
    guard local.device != 0 else { return nil }
    // A connection to a link-local address has its zone whatever the listener is bound to.
    endpoint.device = 0
    return listeners[endpoint] != nil ? endpoint : nil
  }

  /// The owner that a poll has found of the listeners on a port, by whatever address; else who called listen(), as the
  /// kernel has it: with socket activation that is another, and of several of a port nobody knows which.
  func owner(on port: UInt16, _ listening: Owner?) -> Owner? {
    guard ports.contains(port) else { return listening }
    let owners = listeners.filter { $0.key.port == port }.flatMap(\.value.owners)
    guard let common = Owner.common(owners), !common.isUnknown else { return listening }
    return owners.first { $0.identity == listening?.identity } ?? common
  }

  /// Whether a process owns a listener.
  func hasOwner(_ owner: Owner) -> Bool {
    listeners.values.contains {
      !$0.isGone && $0.owners.contains { $0.identity == owner.identity }
    }
  }

  /// Forgets listeners that are gone for longer than `linger` ms.
  mutating func expire(at now: Int64, linger: Int64) {
    let old = listeners.filter { $0.value.isGone && now - $0.value.goneSince > linger }.keys
    guard !old.isEmpty else { return }
    for endpoint in old { listeners[endpoint] = nil }
    ports = PortSet()
    for endpoint in listeners.keys { ports.insert(endpoint.port) }
  }
}
