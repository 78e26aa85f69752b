import Glibc

/// A system call that failed.
package struct SystemError: Error, Equatable {
  /// What was tried, as a phrase: `open /proc/net/tcp`.
  package var operation: String
  package var errno: Int32

  package init(operation: String, errno: Int32) {
    self.operation = operation
    self.errno = errno
  }
}

extension SystemError: CustomStringConvertible {
  /// `open /proc/net/tcp: Permission denied`.
  package var description: String { "\(operation): \(errnoText(errno))" }
}

/// The text of an errno, as strerror(3) has it.
func errnoText(_ errno: Int32) -> String { unsafe String(cString: strerror(errno)) }
