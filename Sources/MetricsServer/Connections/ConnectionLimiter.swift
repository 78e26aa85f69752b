internal import NIOCore
internal import SocketStates

/// The server's open connections and requests in flight, held to their limits. Lives on the event
/// loop.
final class ConnectionLimiter {
  /// A connection that cannot be taken in.
  struct NoRoom: Error {}

  let configuration: ServerConfiguration
  let statistics: StatisticsRecorder
  /// Set once the server shuts down: responses under way are the last of their connections.
  private(set) var isDraining = false
  private var connections: [ObjectIdentifier: ConnectionHandler] = [:]
  private var requestsInFlight = 0
  private var drained: EventLoopPromise<Void>?

  init(configuration: ServerConfiguration, statistics: StatisticsRecorder) {
    self.configuration = configuration
    self.statistics = statistics
  }

  /// Takes in a connection, at the price of another if the limit is reached.
  /// - Throws: where every open connection has a response under way, or the server shuts down.
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

  /// Closes the connection that has been longest without a complete request.
  /// - Returns: false if there is none.
  @discardableResult
  func evict() -> Bool {
    let waiting = connections.values.compactMap { connection in
      connection.waitingSince.map { (since: $0, connection: connection) }
    }
    guard let longest = waiting.min(by: { $0.since < $1.since }) else { return false }
    remove(longest.connection)
    longest.connection.close()
    statistics.record { $0.connectionsEvicted += 1 }
    return true
  }

  /// Forgets a connection that has closed.
  func remove(_ connection: ConnectionHandler) {
    guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    recordConnections()
    if connections.isEmpty { drained?.succeed() }
  }

  /// Takes a place among the requests in flight.
  /// - Returns: false if none is free; otherwise `endRequest` gives it back.
  func beginRequest() -> Bool {
    guard requestsInFlight < configuration.maxRequests else {
      statistics.record { $0.requestsRejected += 1 }
      return false
    }
    requestsInFlight += 1
    recordRequests()
    return true
  }

  func endRequest() {
    requestsInFlight -= 1
    recordRequests()
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

  private func recordRequests() {
    statistics.record { $0.requestsInFlight = requestsInFlight }
  }

  private func recordConnections() {
    statistics.record { $0.connections = connections.count }
  }
}
