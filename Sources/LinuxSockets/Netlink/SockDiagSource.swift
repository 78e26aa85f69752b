import Glibc
package import SocketStates

/// Dumps the TCP sockets of the network namespace through netlink sock_diag.
///
/// State belongs to the poll thread. A dump that fails closes its socket: nothing of the old answer
/// can reach the next one.
package struct SockDiagSource: ~Copyable {
  /// More rows than this are a kernel gone wrong.
  static let rowLimit = 32_000_000

  private var socket: NetlinkSocket?
  private var sequence: UInt32 = 0
  /// The old form is refused by this kernel.
  private var needsFamilies = false
  /// The kernel fills at most 32 KiB whatever the buffer (`net/netlink/af_netlink.c`).
  private var buffer = ContiguousArray<UInt8>(repeating: 0, count: 64 * 1024)
  private var rows = ContiguousArray<SocketRow>()

  package init() { rows.reserveCapacity(1024) }

  /// The open socket's descriptor and port id; nil before the first dump and after one that failed.
  var address: (descriptor: Int32, port: UInt32)? {
    switch socket {
    case .some(let socket): (socket.descriptor, socket.port)
    case nil: nil
    }
  }

  /// Opens the socket in the calling thread's network namespace, in place of one that is open.
  /// - Returns: the namespace's cookie; 0 if the kernel does not say.
  mutating func open() throws(SystemError) -> UInt64 {
    let opened = try NetlinkSocket.openSockDiag()
    let cookie = opened.namespaceCookie
    socket = consume opened
    return cookie
  }

  /// The name of a device in the network namespace of the open socket (netdevice(7)); nil if it has gone.
  func deviceName(_ index: UInt32) -> String? {
    guard let descriptor = address?.descriptor else { return nil }
    var request = ContiguousArray<UInt8>(repeating: 0, count: Self.requestSize)
    let result = unsafe request.withUnsafeMutableBytes { bytes in
      guard let address = bytes.baseAddress else { return Int32(-1) }
      unsafe bytes.storeBytes(of: index, toByteOffset: Int(IFNAMSIZ), as: UInt32.self)
      return unsafe ioctl(descriptor, Self.getName, address)
    }
    guard result == 0, let end = request.firstIndex(of: 0), end <= IFNAMSIZ else { return nil }
    return String(lossy: request.span, in: 0..<end).visibleName
  }

  /// `SIOCGIFNAME` (`include/uapi/linux/sockios.h`), and `sizeof(struct ifreq)`.
  private static let getName: UInt = 0x8910
  private static let requestSize = 40

  /// Closes the socket: an open one keeps its network namespace alive.
  mutating func close() { socket = nil }

  /// Dumps both families, in one walk where the kernel can, and hands the rows on in batches.
  /// - Parameters:
  ///   - deadline: monotonic ms after which the dump is given up.
  ///   - states: those of the sockets that are wanted.
  package mutating func dump(
    deadline: Int64, states: TCPStateSet = .all.union(.boundInactive),
    _ body: (Span<SocketRow>) -> Void
  ) throws(SockDiagError) {
    do throws(SockDiagError) {
      if !needsFamilies {
        do throws(SockDiagError) {
          return try dump(.both(states), deadline, body)
        } catch {
          guard error == .kernel(EINVAL) || error == .kernel(EOPNOTSUPP) else { throw error }
          needsFamilies = true
          socket = nil
        }
      }
      try dumpByFamily(deadline: deadline, states: states, body)
    } catch {
      socket = nil
      throw error
    }
  }

  /// Dumps family by family: two walks of the kernel's table. For kernels that refuse the one walk.
  package mutating func dumpByFamily(
    deadline: Int64, states: TCPStateSet = .all.union(.boundInactive),
    _ body: (Span<SocketRow>) -> Void
  ) throws(SockDiagError) {
    try dump(.family(UInt8(AF_INET), states), deadline, body)
    do throws(SockDiagError) {
      try dump(.family(UInt8(AF_INET6), states), deadline, body)
    } catch {
      // A kernel without IPv6 has no such dump.
      guard error == .kernel(ENOENT) || error == .kernel(EAFNOSUPPORT) else { throw error }
    }
  }

  /// What each listener has dropped, by its cookie; empty if the kernel does not tell (before Linux 4.7).
  ///
  /// A dump of its own: for all sockets the attribute would cost more than it tells.
  package mutating func listenDrops(deadline: Int64) -> [UInt64: UInt32] {
    var drops: [UInt64: UInt32] = [:]
    do throws(SockDiagError) {
      try dump(.listeners, deadline) { rows in
        for index in rows.indices { drops[rows[index].cookie] = rows[index].listenDrops }
      }
    } catch {
      // It tells nothing now; whatever is wrong shows in the dump of all sockets.
      return [:]
    }
    return drops
  }

  /// One request and its answer.
  mutating func dump(
    _ request: SockDiagRequest, _ deadline: Int64, _ body: (Span<SocketRow>) -> Void
  ) throws(SockDiagError) {
    do throws(SystemError) {
      if socket == nil { socket = try .openSockDiag() }
    } catch {
      throw .system(error)
    }
    guard let port = socket?.port else { return }
    sequence &+= 1
    try send(request)
    var answer = SockDiagDump(sequence: sequence, port: port, messageType: request.messageType)
    var count = 0
    // Held apart from `self`, whose buffer is read while rows are written.
    var rows = ContiguousArray<SocketRow>()
    swap(&rows, &self.rows)
    defer { swap(&rows, &self.rows) }
    while true {
      let datagram = try receive(before: deadline)
      // Who may send to any netlink socket (CAP_NET_ADMIN) is no kernel and must not end the dump.
      guard datagram.sender == 0 else { continue }
      guard !datagram.isTruncated else { throw .malformed(.truncated) }
      // A stream that has ended: the socket is one no more.
      guard datagram.length > 0 else { throw .malformed(.cut(at: 0)) }
      rows.removeAll(keepingCapacity: true)
      let progress: SockDiagDump.Progress
      do throws(NetlinkFault) {
        progress = unsafe try answer.decode(
          buffer.span.bytes.extracting(first: datagram.length), into: &rows)
      } catch {
        throw .malformed(error)
      }
      count += rows.count
      guard count <= Self.rowLimit else { throw .tooManySockets }
      body(rows.span)
      switch progress {
      case .more: continue
      case .done: return
      case .failed(let errno): throw .kernel(errno)
      }
    }
  }

  private func send(_ request: SockDiagRequest) throws(SockDiagError) {
    do throws(SystemError) {
      try socket?.send(request.encoded(sequence: sequence))
    } catch {
      throw .system(error)
    }
  }

  private mutating func receive(before deadline: Int64) throws(SockDiagError)
    -> NetlinkSocket.Datagram
  {
    let left = deadline - MonotonicClock.now
    guard left > 0 else { throw .deadline }
    socket?.setReceiveTimeout(milliseconds: Int(left))
    do throws(SystemError) {
      guard let datagram = try socket?.receive(into: &buffer, isBlocking: true) else {
        throw SystemError(operation: "receive from netlink", errno: EBADF)
      }
      return datagram
    } catch {
      throw error.errno == EAGAIN ? .deadline : .system(error)
    }
  }
}
