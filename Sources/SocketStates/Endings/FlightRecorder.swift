/// Remembers the connections that have ended, of all network namespaces. It belongs to the poll thread.
package final class FlightRecorder {
  /// Which endings are written to the log.
  package enum LogChoice: String, Sendable, CaseIterable {
    /// None.
    case none
    /// All but those in good order.
    case errors
    /// All.
    case all
  }

  /// Endings that wait to be logged, at most: a flood of them must not fill the memory.
  private static let logLimit = 1000
  /// How many of those that broke last are at hand.
  private static let brokenLimit = 20

  package private(set) var connections: EndedConnections
  /// Which endings ``takeLogged()`` hands out.
  package var log: LogChoice
  /// What Unix time is ahead of the monotonic clock, ms.
  package var clockOffset: Int64 = 0
  private var logged: [EndedConnection] = []
  /// The last that ended otherwise than in good order, the oldest first.
  private var broken: [EndedConnection] = []
  private var notLogged = 0

  /// - Parameter keep: how many are remembered.
  package init(keep: Int, log: LogChoice) {
    connections = EndedConnections(limit: keep)
    self.log = log
  }

  /// Takes new settings; what is remembered stays, as far as there is room.
  package func apply(keep: Int, log: LogChoice) {
    self.log = log
    if keep != connections.limit { connections = connections.resized(to: keep) }
    if keep == 0 { broken = [] }
  }

  /// Remembers one.
  func record(_ connection: EndedConnection) {
    connections.insert(connection)
    if connection.how != .closed, connections.limit > 0 {
      if broken.count >= Self.brokenLimit { broken.removeFirst() }
      broken.append(connection)
    }
    guard log == .all || log == .errors && connection.how != .closed else { return }
    if logged.count < Self.logLimit { logged.append(connection) } else { notLogged += 1 }
  }

  /// The last connections that ended otherwise than in good order, the last first.
  package var lastBroken: [EndedConnection] { broken.reversed() }

  /// Hands out the endings that are to be logged since the last call.
  /// - Returns: also how many there were beyond those.
  package func takeLogged() -> (connections: [EndedConnection], omitted: Int) {
    defer { (logged, notLogged) = ([], 0) }
    return (logged, notLogged)
  }
}
