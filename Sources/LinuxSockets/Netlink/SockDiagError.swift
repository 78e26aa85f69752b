import Glibc

/// Why sock_diag did not answer.
package enum SockDiagError: Error, Equatable {
  case system(SystemError)
  /// The kernel refused the request or broke the dump off, with this errno.
  case kernel(Int32)
  /// The answer was not what it must be.
  case malformed(NetlinkFault)
  /// The dump did not end in time.
  case deadline
  /// The dump had more sockets than any host.
  case tooManySockets

  /// Whether asking again cannot help: the kernel has no INET_DIAG, or a seccomp filter or another
  /// policy forbids it.
  package var isPermanent: Bool {
    switch self {
    case .system(let error): Self.refusals.contains(error.errno)
    case .kernel(let errno): Self.refusals.contains(errno) || errno == EINVAL
    case .malformed, .deadline, .tooManySockets: false
    }
  }

  /// Whether asking again at once, with another socket, may help: the old one was closed, has
  /// overrun or brought an answer that was not whole.
  var isWorthAnotherTry: Bool {
    switch self {
    case .system, .kernel, .malformed: !isPermanent
    case .deadline, .tooManySockets: false
    }
  }

  private static let refusals: Set<Int32> = [
    ENOENT, EPROTONOSUPPORT, EAFNOSUPPORT, EOPNOTSUPP, EPERM, EACCES, ENOSYS,
  ]
}

extension SockDiagError: CustomStringConvertible {
  /// One line: what failed and why.
  package var description: String {
    switch self {
    case .system(let error): "\(error)"
    case .kernel(let errno): "the kernel answered the sock_diag dump with \(errnoText(errno))"
    case .malformed(let fault): "malformed sock_diag answer: \(fault)"
    case .deadline: "the sock_diag dump did not end in time"
    case .tooManySockets: "the sock_diag dump had more than \(SockDiagSource.rowLimit) sockets"
    }
  }
}
