internal import Glibc

/// A system call that failed: what was tried and the errno it left.
package struct SystemError: Error, Hashable, Sendable {
  /// The call and its object, as a person would say it: `read /proc/net/tcp`.
  package let operation: String
  /// The error number (errno(3)).
  package let errno: Int32

  package init(operation: String, errno: Int32) {
    self.operation = operation
    self.errno = errno
  }

  /// The error that the calling thread's last system call left in errno.
  package static func last(_ operation: String) -> SystemError {
    SystemError(operation: operation, errno: Glibc.errno)
  }
}

extension SystemError: CustomStringConvertible {
  /// `read /proc/net/tcp: Permission denied`.
  package var description: String { "\(operation): \(errnoText(errno))" }
}

/// The text of an errno, as strerror(3) has it.
package func errnoText(_ errno: Int32) -> String { unsafe String(cString: strerror(errno)) }
