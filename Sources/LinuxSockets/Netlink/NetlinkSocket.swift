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
    try open(NETLINK_SOCK_DIAG, "sock_diag")
  }

  /// Opens and binds a socket of the routing family (rtnetlink(7)).
  static func openRoute() throws(SystemError) -> NetlinkSocket { try open(NETLINK_ROUTE, "route") }

  private static func open(_ family: Int32, _ name: String) throws(SystemError) -> NetlinkSocket {
    guard let socket = unsafe mnl_socket_open2(family, Int32(SOCK_CLOEXEC.rawValue))
    else { throw SystemError(operation: "open a netlink \(name) socket", errno: errno) }
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

  /// Has the socket receive what is announced in every network namespace that has an id in this one
  /// (`NETLINK_LISTEN_ALL_NSID`, Linux 4.2), which keeps none of them alive. Of those for which the
  /// opener has no CAP_NET_BROADCAST nothing comes.
  func listenToAllNamespaces() throws(SystemError) {
    var isOn: Int32 = 1
    let result = unsafe setsockopt(
      descriptor, Self.levelNetlink, Self.listenAllNSID, &isOn,
      socklen_t(MemoryLayout<Int32>.size))
    guard result == 0 else {
      throw SystemError(operation: "listen to all network namespaces", errno: errno)
    }
  }

  /// `SOL_NETLINK` and `NETLINK_LISTEN_ALL_NSID` of `include/uapi/linux/netlink.h`.
  private static let levelNetlink: Int32 = 270
  private static let listenAllNSID: Int32 = 8

  /// What tells the socket's network namespace from all others, ended ones included
  /// (`SO_NETNS_COOKIE`, Linux 5.14); 0 if the kernel does not say.
  var namespaceCookie: UInt64 {
    var cookie: UInt64 = 0
    var size = socklen_t(MemoryLayout<UInt64>.size)
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, Self.netnsCookie, &cookie, &size)
    return result == 0 ? cookie : 0
  }

  /// `SO_NETNS_COOKIE` of `include/uapi/asm-generic/socket.h`.
  private static let netnsCookie: Int32 = 71

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
    /// The id of the network namespace that it is from; nil is the socket's own.
    var namespace: Int32?
  }

  /// Receives one datagram into `buffer`.
  /// - Parameter isBlocking: false: EAGAIN where none is there.
  func receive(into buffer: inout ContiguousArray<UInt8>, isBlocking: Bool) throws(SystemError)
    -> Datagram
  {
    var address = sockaddr_nl()
    var control = ControlMessage()
    let flags = Int32(MSG_TRUNC) | (isBlocking ? 0 : Int32(MSG_DONTWAIT))
    var length = -1
    repeat {
      unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe withUnsafeMutablePointer(to: &address) { address in
          unsafe withUnsafeMutablePointer(to: &control) { control in
            var part = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
            unsafe withUnsafeMutablePointer(to: &part) { part in
              var message = unsafe msghdr()
              unsafe message.msg_name = UnsafeMutableRawPointer(address)
              unsafe message.msg_namelen = socklen_t(MemoryLayout<sockaddr_nl>.size)
              unsafe message.msg_iov = part
              unsafe message.msg_iovlen = 1
              unsafe message.msg_control = UnsafeMutableRawPointer(control)
              unsafe message.msg_controllen = MemoryLayout<ControlMessage>.size
              length = unsafe recvmsg(descriptor, &message, flags)
            }
          }
        }
      }
    } while length < 0 && errno == EINTR
    guard length >= 0 else {
      throw SystemError(operation: "receive from netlink", errno: errno)
    }
    return Datagram(
      length: min(length, buffer.count), isTruncated: length > buffer.count,
      sender: address.nl_pid, namespace: control.namespace)
  }

  /// Room for one control message (cmsg(3)) with an int: the id of the sender's network namespace
  /// is the only one that is asked for.
  private struct ControlMessage {
    var length = 0
    var level: Int32 = 0
    var type: Int32 = 0
    var value: Int32 = 0
    var padding: Int32 = 0

    var namespace: Int32? {
      length >= 20 && level == NetlinkSocket.levelNetlink && type == NetlinkSocket.listenAllNSID
        ? value : nil
    }
  }
}
