/// Which local endpoints are, or lately were, listened on, and by whom.
struct ListenerTable: ~Copyable {
  struct Listener {
    /// The listening sockets there now, by entry; several with SO_REUSEPORT.
    fileprivate var sockets: [(entry: UInt32, owner: Owner)]
    /// Whether it takes no IPv4 although its address is the wildcard of IPv6.
    fileprivate var isV6Only: Bool
    /// The owner of the first of them, or of the last one that went.
    private(set) var owner: Owner
    /// Monotonic ms at which the last of them was gone.
    fileprivate var goneSince: Int64 = 0

    var isGone: Bool { sockets.isEmpty }

    fileprivate mutating func add(entry: UInt32, owner: Owner, isV6Only: Bool) {
      self.isV6Only = isV6Only
      sockets.removeAll { $0.entry == entry }
      sockets.append((entry, owner))
      self.owner = sockets[0].owner
    }

    fileprivate mutating func remove(entry: UInt32, at now: Int64) {
      sockets.removeAll { $0.entry == entry }
      if let first = sockets.first { owner = first.owner } else { goneSince = now }
    }

    fileprivate mutating func update(_ owner: Owner) {
      for index in sockets.indices where sockets[index].owner.identity == owner.identity {
        sockets[index].owner = owner
      }
      if self.owner.identity == owner.identity { self.owner = owner }
    }

    fileprivate init(entry: UInt32, owner: Owner, isV6Only: Bool) {
      sockets = [(entry, owner)]
      self.isV6Only = isV6Only
      self.owner = owner
    }
  }

  private var listeners: [Endpoint: Listener] = [:]
  private var endpoints: [UInt32: Endpoint] = [:]
  /// The ports that have listeners: those of most sockets have none, and are not looked up.
  private var ports = PortSet()

  /// Tells that a listening socket is there, or that its owner is another now.
  mutating func add(_ endpoint: Endpoint, entry: UInt32, owner: Owner, isV6Only: Bool = false) {
    endpoints[entry] = endpoint
    ports.insert(endpoint.port)
    if listeners[endpoint]?.add(entry: entry, owner: owner, isV6Only: isV6Only) == nil {
      listeners[endpoint] = Listener(entry: entry, owner: owner, isV6Only: isV6Only)
    }
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

  /// The listener that a connection to `local` came in by: its own address before the wildcards, and of
  /// these the one that is bound to its device before one that takes all (`compute_score()`,
  /// net/ipv4/inet_hashtables.c).
  func listener(for local: Endpoint) -> Listener? {
    guard ports.contains(local.port) else { return nil }
    if let exact = listener(at: local.address, local) { return exact }
    let any = listener(at: .anyIPv6, local)
    guard local.address.isIPv4 else { return any }
    if let anyIPv4 = listener(at: .anyIPv4, local) { return anyIPv4 }
    return any?.isV6Only == true ? nil : any
  }

  private func listener(at address: Address, _ local: Endpoint) -> Listener? {
    var endpoint = Endpoint(address: address, port: local.port, device: local.device)
    if let bound = listeners[endpoint] { return bound }
    guard local.device != 0 else { return nil }
    // A connection to a link-local address has its zone whatever the listener is bound to.
    endpoint.device = 0
    return listeners[endpoint]
  }

  /// The owner that a poll has found of the listeners on a port, by whatever address; else who called listen(), as the
  /// kernel has it: with socket activation that is another, and of several of a port nobody knows which.
  func owner(on port: UInt16, _ listening: Owner?) -> Owner? {
    guard ports.contains(port) else { return listening }
    let owners = listeners.filter { $0.key.port == port }.map(\.value.owner)
    let isAmbiguous = Set(owners.map(\.name)).count > 1
    return isAmbiguous ? listening : owners.first { !$0.isUnknown } ?? listening
  }

  /// Whether a process owns a listener.
  func hasOwner(_ owner: Owner) -> Bool {
    listeners.values.contains { !$0.isGone && $0.owner.identity == owner.identity }
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
