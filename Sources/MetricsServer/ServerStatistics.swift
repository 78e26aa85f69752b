internal import Synchronization

/// What the server has done since its start.
package struct ServerStatistics: Sendable {
  /// Responses begun, by status code.
  package var requests: [Int: UInt64] = [:]
  /// Requests answered with 503 because too many were in flight.
  package var requestsRejected: UInt64 = 0
  /// Requests that are being answered now.
  package var requestsInFlight = 0
  /// Connections open now.
  package var connections = 0
  /// Connections taken in.
  package var connectionsAccepted: UInt64 = 0
  /// Connections closed to make room for another.
  package var connectionsEvicted: UInt64 = 0
  /// Connections refused because every open one had a response under way.
  package var connectionsRefused: UInt64 = 0
  /// Connections closed because a timeout ran out.
  package var connectionsTimedOut: UInt64 = 0
  /// Failures of accept(2), such as EMFILE.
  package var acceptFailures: UInt64 = 0
}

/// Statistics that the event loop counts and any thread reads.
package final class StatisticsRecorder: Sendable {
  private let statistics = Mutex(ServerStatistics())

  package init() {}

  /// All of them at one moment.
  package var snapshot: ServerStatistics { statistics.withLock { $0 } }

  func record(_ change: (inout ServerStatistics) -> Void) {
    statistics.withLock { change(&$0) }
  }
}
