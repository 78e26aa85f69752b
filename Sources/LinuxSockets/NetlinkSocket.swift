import CLibMNL
import Glibc

/// A netlink socket of libmnl, closed with its owner.
///
/// libmnl opens, binds and sends; receiving is ours, because the sender's address and a datagram
/// that was longer than the buffer must be seen, which `mnl_socket_recvfrom()` hides in one errno.
@safe struct NetlinkSocket: ~Copyable {
  private let socket: OpaquePointer

  /// Opens and binds a socket of the sock_diag family.
  static func openSockDiag() throws(SystemError) -> NetlinkSocket {
    guard let socket = unsafe mnl_socket_open2(NETLINK_SOCK_DIAG, Int32(SOCK_CLOEXEC.rawValue))
    else { throw SystemError(operation: "open a netlink sock_diag socket", errno: errno) }
    let owned = unsafe NetlinkSocket(socket: socket)
    guard unsafe mnl_socket_bind(socket, 0, 0) == 0 else {
      throw SystemError(operation: "bind a netlink socket", errno: errno)
    }
    return owned
  }

  private init(socket: OpaquePointer) { unsafe self.socket = unsafe socket }

  deinit { unsafe _ = mnl_socket_close(socket) }

  /// The descriptor, for poll(2); it stays with this socket.
  var descriptor: Int32 { unsafe mnl_socket_get_fd(socket) }

  /// The port id that the kernel gave the socket.
  var port: UInt32 { unsafe mnl_socket_get_portid(socket) }

  /// Sends one message to the kernel.
  func send(_ message: borrowing [UInt8]) throws(SystemError) {
    let sent = unsafe message.withUnsafeBytes {
      unsafe mnl_socket_sendto(socket, $0.baseAddress, $0.count)
    }
    guard sent == message.count else {
      throw SystemError(operation: "send a netlink request", errno: errno)
    }
  }

  /// Joins a multicast group.
  func join(group: Int32) throws(SystemError) {
    var group = group
    let result = unsafe mnl_socket_setsockopt(
      socket, Int32(NETLINK_ADD_MEMBERSHIP), &group, socklen_t(MemoryLayout<Int32>.size))
    guard result == 0 else {
      throw SystemError(operation: "join netlink group \(group)", errno: errno)
    }
  }

  /// Asks for a receive buffer of `bytes`; without CAP_NET_ADMIN the kernel cuts it at
  /// `net.core.rmem_max`.
  func setReceiveBuffer(_ bytes: Int32) {
    var bytes = bytes
    let size = socklen_t(MemoryLayout<Int32>.size)
    if unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, size) != 0 {
      unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, size)
    }
  }

  /// Bounds how long a receive may wait.
  func setReceiveTimeout(milliseconds: Int) {
    var timeout = timeval(
      tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    unsafe _ = setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  /// What one receive brought.
  struct Datagram {
    /// Bytes of the buffer that were filled.
    var length: Int
    /// Whether the datagram had more than the buffer holds.
    var isTruncated: Bool
    /// Port id of the sender; 0 is the kernel.
    var sender: UInt32
  }

  /// Receives one datagram into `buffer`.
  /// - Parameter isBlocking: false: EAGAIN where none is there.
  func receive(into buffer: inout ContiguousArray<UInt8>, isBlocking: Bool) throws(SystemError)
    -> Datagram
  {
    var address = sockaddr_nl()
    var addressLength = socklen_t(MemoryLayout<sockaddr_nl>.size)
    let flags = Int32(MSG_TRUNC) | (isBlocking ? 0 : Int32(MSG_DONTWAIT))
    var length = -1
    repeat {
      unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            length = unsafe recvfrom(
              descriptor, bytes.baseAddress, bytes.count, flags, $0, &addressLength)
          }
        }
      }
    } while length < 0 && errno == EINTR
    guard length >= 0 else {
      throw SystemError(operation: "receive from netlink", errno: errno)
    }
    return Datagram(
      length: min(length, buffer.count), isTruncated: length > buffer.count,
      sender: address.nl_pid)
  }
}
