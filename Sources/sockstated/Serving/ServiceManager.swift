import Glibc
import LinuxSockets

/// Tells systemd how the service does (sd_notify(3)): one datagram to `$NOTIFY_SOCKET`. Does
/// nothing where the daemon was not started by a service manager.
final class ServiceManager: Sendable {
  private let address: String?
  /// How long a service manager that does not read is waited for.
  private static let patience = timeval(tv_sec: 1, tv_usec: 0)
  /// Opened at the start, so that the service manager still hears of a process that has no
  /// descriptors left.
  private let socket: Descriptor
  /// How often the service manager wants to hear from the poll loop, in ms: half of
  /// `$WATCHDOG_USEC`, as sd_watchdog_enabled(3) advises; nil where it does not.
  let watchdogInterval: Int64?

  /// Reads the environment.
  init() {
    address = Self.environment("NOTIFY_SOCKET")
    socket = Descriptor(
      owning: address == nil
        ? -1 : Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
    var patience = Self.patience
    _ = unsafe setsockopt(
      socket.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let isMeant = Self.environment("WATCHDOG_PID").map { $0 == "\(getpid())" } ?? true
    let microseconds = Self.environment("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
    watchdogInterval = isMeant && microseconds > 0 ? max(1, microseconds / 2000) : nil
  }

  /// Sends assignments such as `READY=1`, one a line.
  /// - Parameter isRepeated: whether it will be said again: then nobody waits for a manager that does not
  ///   read, who would hold up the polls.
  func notify(_ state: String, isRepeated: Bool = false) {
    guard let address, address.utf8.count <= 107, let first = address.utf8.first else { return }
    var path = sockaddr_un()
    path.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(address.utf8)
    // An abstract socket is written with `@` for its leading NUL.
    if first == UInt8(ascii: "@") { bytes[0] = 0 }
    unsafe withUnsafeMutableBytes(of: &path.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let message = Array(state.utf8)
    let flags = Int32(MSG_NOSIGNAL) | (isRepeated ? Int32(MSG_DONTWAIT) : 0)
    unsafe withUnsafePointer(to: &path) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe message.withUnsafeBytes {
          _ = unsafe sendto(
            socket.number, $0.baseAddress, $0.count, flags, address, length)
        }
      }
    }
  }

  private static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }
}
