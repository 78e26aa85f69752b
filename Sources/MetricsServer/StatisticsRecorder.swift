package import SocketStates
internal import Synchronization

/// Statistics that the event loop counts and any thread reads.
package final class StatisticsRecorder: Sendable {
  private let statistics = Mutex(HTTPStatistics())

  package init() {}

  /// All of them at one moment.
  package var snapshot: HTTPStatistics { statistics.withLock { $0 } }

  func record(_ change: (inout HTTPStatistics) -> Void) {
    statistics.withLock { change(&$0) }
  }
}
