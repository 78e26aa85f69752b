internal import NIOCore
internal import SocketStates

/// The server's open connections, the places for requests and the memory of what they are sent, held to
/// their limits and shared among the clients. Lives on the event loop.
final class ConnectionLimiter {
  /// A connection that cannot be taken in.
  struct NoRoom: Error {}

  let configuration: ServerConfiguration
  let statistics: StatisticsRecorder
  /// Set once the server shuts down: responses under way are the last of their connections.
  private(set) var isDraining = false
  private var connections: [ObjectIdentifier: ConnectionHandler] = [:]
  /// Large responses that are being sent.
  private var sending = 0
  /// Responses that are being made, by who asked.
  private var waiting: [ClientAddress: Int] = [:]
  /// How many are being sent each body, and the bytes that these bodies hold.
  private var readers: [ObjectIdentifier: Int] = [:]
  private var bytesHeld = 0
  private var drained: EventLoopPromise<Void>?

  init(configuration: ServerConfiguration, statistics: StatisticsRecorder) {
    self.configuration = configuration
    self.statistics = statistics
  }

  /// Takes in a connection, at the price of another if the limit is reached.
  /// - Throws: if every open connection waits for its response to be made, or the server shuts down.
  func admit(_ connection: ConnectionHandler) throws(NoRoom) {
    guard !isDraining else { throw NoRoom() }
    if connections.count >= configuration.maxConnections, !evict() {
      statistics.record { $0.connectionsRefused += 1 }
      throw NoRoom()
    }
    connections[ObjectIdentifier(connection)] = connection
    recordConnections()
    statistics.record { $0.connectionsAccepted += 1 }
  }

  /// Closes a connection of the client that has most: the one that has been longest without a
  /// complete request or, if there is none, the slowest reader.
  /// - Returns: false if there is neither.
  @discardableResult
  func evict() -> Bool { evict { $0.waitingSince ?? $0.stalledSince != nil } }

  /// Forgets a connection that has closed.
  func remove(_ connection: ConnectionHandler) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    endSending(on: connection)
    recordConnections()
    if connections.isEmpty { drained?.succeed() }
  }

  /// Takes a place for a response that somebody else has to make first. Half of the places are for
  /// these, since none can be taken back, and a quarter of that half is left to other clients.
  /// - Returns: false if none is free; otherwise `endWaiting` gives it back.
  func beginWaiting(for client: ClientAddress) -> Bool {
    let places = configuration.maxWaiting
    guard waiting.values.reduce(0, +) < places,
      waiting[client, default: 0] < max(1, places - places / 4), makePlace()
    else { return reject() }
    waiting[client, default: 0] += 1
    return true
  }

  func endWaiting(for client: ClientAddress) {
    let rest = waiting[client, default: 0] - 1
    waiting[client] = rest > 0 ? rest : nil
  }

  /// Takes a place for a large response that is to be sent, at the price of the slowest reader if
  /// none is free, and of as many as it takes until what waits to be sent is within its bound.
  /// - Returns: false if there is neither a place nor a reader; otherwise `endSending`, or the end of
  ///   the connection, gives it back.
  func beginSending(_ body: ResponseBody, on connection: ConnectionHandler) -> Bool {
    guard makePlace() else { return reject() }
    connection.body = body
    connection.noteProgress()
    sending += 1
    let key = ObjectIdentifier(body)
    if readers[key, default: 0] == 0 { bytesHeld += body.size }
    readers[key, default: 0] += 1
    // A body larger than the bound is sent alone.
    while bytesHeld > configuration.maxBytesHeld, evict({ $0.body.map { $0 !== body } ?? false }) {}
    return true
  }

  /// Gives the place of a large response back; does nothing if it has none.
  func endSending(on connection: ConnectionHandler) {
    guard let body = connection.body else { return }
    connection.body = nil
    sending -= 1
    let key = ObjectIdentifier(body)
    let rest = readers[key, default: 0] - 1
    readers[key] = rest > 0 ? rest : nil
    if rest == 0 { bytesHeld -= body.size }
  }

  private func makePlace() -> Bool {
    waiting.values.reduce(sending, +) < configuration.maxRequests || evict { $0.body != nil }
  }

  private func reject() -> Bool {
    statistics.record { $0.requestsRejected += 1 }
    return false
  }

  /// Closes one of those that `mayGo` admits: of the client that has most of them, one that waits
  /// rather than one that is sent something, and of these the one for longest.
  private func evict(_ mayGo: (ConnectionHandler) -> Bool) -> Bool {
    let candidates = connections.values.filter(mayGo)
    let counts = Dictionary(grouping: candidates, by: \.client).mapValues(\.count)
    let order = candidates.map { connection in
      (
        connection: connection, count: counts[connection.client, default: 0],
        waits: connection.waitingSince == nil ? 0 : 1,
        since: connection.waitingSince ?? connection.stalledSince ?? .distantFuture
      )
    }
    guard
      let first = order.max(by: { ($0.count, $0.waits, $1.since) < ($1.count, $1.waits, $0.since) })
    else { return false }
    remove(first.connection)
    first.connection.close()
    statistics.record { $0.connectionsEvicted += 1 }
    return true
  }

  /// Closes what waits, lets responses under way finish, and closes what is left after `grace`.
  /// - Returns: a future that succeeds once no connection is open.
  func drain(grace: TimeAmount, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
    isDraining = true
    for connection in connections.values where connection.waitingSince != nil {
      connection.close()
    }
    guard !connections.isEmpty else { return eventLoop.makeSucceededVoidFuture() }
    let promise = eventLoop.makePromise(of: Void.self)
    drained = promise
    let deadline = eventLoop.assumeIsolated().scheduleTask(in: grace) {
      for connection in self.connections.values { connection.close() }
    }
    promise.futureResult.whenComplete { _ in deadline.cancel() }
    return promise.futureResult
  }

  private func recordConnections() {
    statistics.record { $0.connections = connections.count }
  }
}
