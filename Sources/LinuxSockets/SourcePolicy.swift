package import SocketStates

/// Which source is asked at the next poll.
///
/// A passing failure of sock_diag is covered by procfs for one poll; one for good (no INET_DIAG in
/// the kernel, a seccomp filter, a refused permission) is tried again every minute only.
package struct SourcePolicy: Sendable {
  /// ms between two attempts of a source that does not work here.
  package static let retryInterval: Int64 = 60_000

  package let choice: SourceChoice
  private var retryAt: Int64?

  package init(_ choice: SourceChoice) { self.choice = choice }

  /// The source to ask first at `now` (monotonic, ms).
  package func first(at now: Int64) -> SourceName {
    switch choice {
    case .procfs: .procfs
    case .sockDiag: .sockDiag
    case .auto: if let retryAt, now < retryAt { .procfs } else { .sockDiag }
    }
  }

  /// Tells that sock_diag failed.
  /// - Returns: whether procfs is to stand in.
  package mutating func sockDiagFailed(permanently: Bool, at now: Int64) -> Bool {
    retryAt = permanently ? now + Self.retryInterval : nil
    return choice == .auto
  }

  /// Tells that sock_diag answered.
  package mutating func sockDiagAnswered() { retryAt = nil }
}
