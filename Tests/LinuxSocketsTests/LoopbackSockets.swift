import CLibMNL
import Glibc
@testable import LinuxSockets

/// A listening socket on loopback whose port the kernel chose.
final class LoopbackListener {
  private let descriptor: Int32
  private let family: Int32
  let port: UInt16
  private var isClosed = false

  init(family: Int32) throws {
    self.family = family
    let descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    guard descriptor >= 0 else { throw SystemError(operation: "socket", errno: errno) }
    guard Self.withLoopback(family, port: 0, { bind(descriptor, $0, $1) }) == 0,
      listen(descriptor, 4) == 0
    else { throw SystemError(operation: "bind and listen", errno: errno) }
    port = Self.localPort(descriptor)
  }

  deinit { close() }

  func close() {
    if !isClosed { Glibc.close(descriptor) }
    isClosed = true
  }

  /// A connection to the listener, which nobody accepts.
  func connect() throws -> LoopbackConnection {
    let client = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    guard Self.withLoopback(family, port: port, { Glibc.connect(client, $0, $1) }) == 0 else {
      throw SystemError(operation: "connect", errno: errno)
    }
    return LoopbackConnection(descriptor: client, port: Self.localPort(client))
  }

  private static func withLoopback(
    _ family: Int32, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    if family == AF_INET {
      var address = sockaddr_in()
      address.sin_family = UInt16(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      return withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    var address = sockaddr_in6()
    address.sin6_family = UInt16(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  private static func localPort(_ descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard getsockname(descriptor, $0, &length) == 0 else { return 0 }
        return $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          UInt16(bigEndian: $0.pointee.sin_port)
        }
      }
    }
  }
}

/// The connecting end.
final class LoopbackConnection {
  private let descriptor: Int32
  let port: UInt16

  init(descriptor: Int32, port: UInt16) {
    self.descriptor = descriptor
    self.port = port
  }

  deinit { close(descriptor) }

  func send(_ text: String) throws {
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw SystemError(operation: "write", errno: errno)
    }
  }
}
