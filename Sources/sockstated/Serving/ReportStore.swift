import LinuxSockets
import SocketStates
import Synchronization

/// The last report, for everyone who reads: one writer, the poll thread.
final class ReportStore: Sendable {
  /// A report and when it came.
  struct Posted: Sendable {
    var report: Report
    /// Monotonic, ms.
    var at: Int64
  }

  /// What the poll loop promises, and how it does.
  struct Status: Sendable {
    var posted: Posted?
    /// ms from one poll to the next.
    var interval: Int64
    /// Why the last poll failed; nil if it did not.
    var failure: String?
    /// What could not be seen so far, and why.
    var notVisible: [String] = []
  }

  private let status: Mutex<Status>
  private let recorder = Mutex(History())

  init(interval: Int64) { status = Mutex(Status(interval: interval)) }

  var current: Status { status.withLock { $0 } }

  /// The last half hour.
  var history: History { recorder.withLock { $0 } }

  func post(_ report: Report) {
    let now = MonotonicClock.now
    status.withLock {
      $0.posted = Posted(report: report, at: now)
      $0.failure = nil
    }
    if !report.isBeforeOwners { recorder.withLock { $0.record(report, at: now) } }
  }

  func post(failure: String) { status.withLock { $0.failure = failure } }

  /// Notes what cannot be seen; each thing once, as the log has it.
  func post(notVisible: [String]) {
    guard !notVisible.isEmpty else { return }
    status.withLock { $0.notVisible = Array(($0.notVisible + notVisible).suffix(20)) }
  }

  func set(interval: Int64) { status.withLock { $0.interval = interval } }
}

extension ReportStore.Status {
  /// Why the daemon is not healthy; nil while the last report is younger than three intervals.
  func complaint(at now: Int64) -> String? {
    let reason = failure.map { ": \($0)" } ?? ""
    guard let posted else { return "no poll has finished yet\(reason)" }
    let age = now - posted.at
    guard age > 3 * interval else { return nil }
    return
      "the last poll is \(Double(age) / 1000) s old, the interval is \(Double(interval) / 1000) s\(reason)"
  }
}
