internal import Glibc

/// The listening sockets that systemd passes to a service (sd_listen_fds(3)).
package enum SystemdSockets {
  /// Why there are none.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// `$LISTEN_PID` names no process, or another.
    case notForUs
    /// `$LISTEN_FDS` is not a number of sockets.
    case noSockets
    /// A descriptor is not a listening stream socket.
    case notListening(Int32)

    package var description: String {
      switch self {
      case .notForUs:
        "systemd has passed no sockets to this process (LISTEN_PID); start the socket unit, or leave the flag out"
      case .noSockets:
        "systemd has passed no sockets (LISTEN_FDS); start the socket unit, or leave the flag out"
      case .notListening(let descriptor):
        "descriptor \(descriptor) from systemd is not a listening stream socket"
      }
    }
  }

  /// SD_LISTEN_FDS_START
  private static let first: Int32 = 3

  /// Whether there are sockets to take.
  package static var arePassed: Bool {
    (try? descriptors(pid: variable("LISTEN_PID"), count: variable("LISTEN_FDS"))) != nil
  }

  /// Takes charge of the sockets: they are not passed on to programs that this one starts, and the
  /// variables that name them are gone. To be called once, before there is a second thread.
  package static func take() throws(Failure) -> [Int32] {
    let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]
    defer { for name in variables { _ = unsafe unsetenv(name) } }
    let descriptors = try descriptors(pid: variable("LISTEN_PID"), count: variable("LISTEN_FDS"))
    for descriptor in descriptors {
      guard isListening(descriptor) else { throw .notListening(descriptor) }
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    return Array(descriptors)
  }

  /// The descriptors that `$LISTEN_PID` and `$LISTEN_FDS` name.
  package static func descriptors(pid: String, count: String) throws(Failure) -> Range<Int32> {
    guard Int32(pid) == getpid() else { throw .notForUs }
    guard let count = Int32(count), count > 0, count <= Int32.max - first else {
      throw .noSockets
    }
    return first..<first + count
  }

  private static func variable(_ name: String) -> String {
    guard let value = unsafe getenv(name) else { return "" }
    return unsafe String(cString: value)
  }

  private static func isListening(_ descriptor: Int32) -> Bool {
    option(SO_TYPE, of: descriptor) == Int32(SOCK_STREAM.rawValue)
      && option(SO_ACCEPTCONN, of: descriptor) == 1
  }

  /// An option of socket(7); nil if the descriptor is no socket.
  private static func option(_ name: Int32, of descriptor: Int32) -> Int32? {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
  }
}
