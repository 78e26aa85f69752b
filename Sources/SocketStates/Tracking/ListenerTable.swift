/// Which local endpoints are, or lately were, listened on, and by whom.
struct ListenerTable: ~Copyable {
  struct Listener {
    /// The listening sockets there now, by entry; several with SO_REUSEPORT.
    fileprivate var sockets: [(entry: UInt32, owner: Owner)]
    /// The owner of the first of them, or of the last one that went.
    private(set) var owner: Owner
    /// Monotonic ms at which the last of them was gone.
    fileprivate var goneSince: Int64 = 0

    var isGone: Bool { sockets.isEmpty }

    fileprivate mutating func add(entry: UInt32, owner: Owner) {
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

    fileprivate init(entry: UInt32, owner: Owner) {
      sockets = [(entry, owner)]
      self.owner = owner
    }
  }

  private var listeners: [Endpoint: Listener] = [:]
  private var endpoints: [UInt32: Endpoint] = [:]
  /// The ports that have listeners: those of most sockets have none, and are not looked up.
  private var ports = PortSet()

  /// Tells that a listening socket is there, or that its owner is another now.
  mutating func add(_ endpoint: Endpoint, entry: UInt32, owner: Owner) {
    endpoints[entry] = endpoint
    ports.insert(endpoint.port)
    if listeners[endpoint]?.add(entry: entry, owner: owner) == nil {
      listeners[endpoint] = Listener(entry: entry, owner: owner)
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

  /// The listener that a connection to `local` came in by: its own address before the wildcards.
  func listener(for local: Endpoint) -> Listener? {
    guard ports.contains(local.port) else { return nil }
    if let exact = listeners[local] { return exact }
    if local.address.isIPv4,
      let any = listeners[Endpoint(address: .anyIPv4, port: local.port)]
    {
      return any
    }
    return listeners[Endpoint(address: .anyIPv6, port: local.port)]
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
