import CLibMNL
import Foundation
import SocketStates
import Testing

@testable import LinuxSockets

/// What netlink may do to a poller, each by a real descriptor in the place of the poller's own.
@Suite(.serialized) struct NetlinkFaultTests {
  /// What the stand-in says to one request, and how the dump takes it.
  struct Answer: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fault: SockDiagError?
    var speak: @Sendable (StandInKernel, _ sequence: UInt32) -> Void

    init(
      _ name: String, _ fault: SockDiagError?,
      _ speak: @escaping @Sendable (StandInKernel, UInt32) -> Void
    ) {
      testDescription = name
      self.fault = fault
      self.speak = speak
    }
  }

  static let answers: [Answer] = [
    Answer("nothing", .deadline) { _, _ in },
    Answer("rows without end", .deadline) { kernel, sequence in
      var cookie: UInt64 = 1
      while kernel.send(kernel.rows(cookie..<cookie + 100, sequence: sequence)) { cookie += 100 }
    },
    Answer("a few rows, then nothing", .deadline) { kernel, sequence in
      kernel.send(kernel.rows(1..<10, sequence: sequence))
    },
    Answer("a row that is cut off", .malformed(.cut(at: 176))) { kernel, sequence in
      kernel.send(kernel.rows(1..<4, sequence: sequence).dropLast(5))
      kernel.send(kernel.done(sequence))
    },
    Answer("more than the buffer holds", .malformed(.truncated)) { kernel, sequence in
      kernel.send(kernel.rows(1..<1000, sequence: sequence))
    },
    Answer("the end of the stream", .malformed(.cut(at: 0))) { kernel, sequence in
      kernel.send(kernel.rows(1..<10, sequence: sequence))
      kernel.hangUp()
    },
    Answer("the answer to another request", .malformed(.foreignSequence(77))) { kernel, _ in
      kernel.send(kernel.rows(1..<10, sequence: 77))
      kernel.send(kernel.done(77))
    },
    Answer("every row twice, in another order", nil) { kernel, sequence in
      kernel.send(kernel.rows(1..<101, sequence: sequence))
      for cookie in (1..<101 as Range<UInt64>).reversed() {
        kernel.send(kernel.rows(cookie..<cookie + 1, sequence: sequence))
      }
      kernel.send(kernel.done(sequence))
    },
  ]

  @Test(arguments: answers)
  func `a dump with a strange answer is given up, or counts every socket once`(answer: Answer)
    throws
  {
    var source = SockDiagSource()
    try source.dump(deadline: MonotonicClock.now + 30_000) { _ in }
    let address = source.address
    let socket = try #require(address)
    let kernel = try StandInKernel(inPlaceOf: socket.descriptor, port: socket.port)
    kernel.answerRequest(answer.speak)

    var tracker = SocketTracker()
    var fault: SockDiagError?
    // What is answered to the end needs the deadline only for a hang.
    let patience: Int64 = answer.fault == .deadline ? 500 : 180_000
    do throws(SockDiagError) {
      let pending = try tracker.update(from: .sockDiag, at: 1_000) {
        body throws(SockDiagError) in
        try source.dump(deadline: MonotonicClock.now + patience, body)
      }
      #expect(tracker.attribute(pending, to: HolderTable()).trackedSockets == 100)
    } catch {
      fault = error
    }
    kernel.hangUp()
    #expect(fault == answer.fault)
    guard fault != nil else { return }
    // Nothing of it reaches the next dump, which has a socket of its own.
    let listener = try LoopbackListener(family: AF_INET)
    var found = 0
    try source.dump(deadline: MonotonicClock.now + 30_000) { rows in
      for index in rows.indices where rows[index].local.port == listener.port { found += 1 }
    }
    #expect(found == 1)
  }

  @Test(.enabled(if: getuid() == 0, "needs root, to send to a netlink socket of another"))
  func `messages of others than the kernel are passed over`() throws {
    let listener = try LoopbackListener(family: AF_INET)
    var source = SockDiagSource()
    try source.dump(deadline: MonotonicClock.now + 30_000) { _ in }
    let address = source.address
    let port = try #require(address).port
    let stranger = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), NETLINK_SOCK_DIAG)
    defer { close(stranger) }
    var recipient = sockaddr_nl()
    recipient.nl_family = sa_family_t(AF_NETLINK)
    recipient.nl_pid = port
    // Rows that are not there, garbage, and an end, as the answer to the next request would be.
    let lies: [[UInt8]] = [
      .datagram { $0.message(sequence: 2, port: port, NetlinkBytes.socket()) },
      Array(repeating: 0xff, count: 100),
      .datagram { $0.message(type: 3, sequence: 2, port: port, NetlinkBytes.little(Int32(0))) },
    ]
    for lie in lies {
      let sent = withUnsafePointer(to: &recipient) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(stranger, lie, lie.count, 0, $0, socklen_t(MemoryLayout<sockaddr_nl>.size))
        }
      }
      try #require(sent == lie.count, "\(String(cString: strerror(errno)))")
    }
    var found = 0
    var lied = 0
    try source.dump(deadline: MonotonicClock.now + 30_000) { rows in
      for index in rows.indices {
        if rows[index].local.port == listener.port { found += 1 }
        if rows[index].cookie == 0x1_0000_0002 { lied += 1 }
      }
    }
    #expect((found, lied) == (1, 0))
  }

  /// What happens to the descriptor that a poller dumps through.
  enum Loss: String, CaseIterable, Sendable {
    case replaced, hungUp, lying, overrun
  }

  @Test(arguments: Loss.allCases)
  func `a poll outlives the loss of its socket, and stays with sock_diag`(loss: Loss) throws {
    let listener = try LoopbackListener(family: AF_INET)
    var settings = SocketPoller.Settings()
    settings.wantsDestroyEvents = false
    var poller = SocketPoller(settings)
    _ = try poller.poll()
    let address = poller.sockets.sockDiag.address
    let socket = try #require(address)
    var kernel: StandInKernel?
    switch loss {
    case .replaced:
      let other = open("/dev/null", O_RDWR)
      dup2(other, socket.descriptor)
      close(other)
    case .hungUp:
      kernel = try StandInKernel(inPlaceOf: socket.descriptor, port: socket.port)
      kernel?.hangUp()
    case .lying:
      kernel = try StandInKernel(inPlaceOf: socket.descriptor, port: socket.port)
      kernel?.answerRequest { kernel, _ in kernel.send(kernel.rows(1..<10, sequence: 99)) }
    case .overrun:
      try overrun(socket.descriptor)
    }
    let report = try poller.poll(listsSockets: true)
    #expect(report.source == .sockDiag)
    #expect(report.daemon.polls == [.success: 2])
    #expect(report.sockets?.contains { $0.local.port == listener.port } == true)
    withExtendedLifetime(kernel) {}
  }

  /// Has the kernel announce more freed sockets to a socket than it has room for: ENOBUFS.
  private func overrun(_ socket: Int32) throws {
    var group: Int32 = 1
    try #require(
      setsockopt(socket, 270, NETLINK_ADD_MEMBERSHIP, &group, 4) == 0, "SOL_NETLINK is 270")
    var least: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &least, 4)
    for _ in 0..<20 { _ = try LoopbackListener(family: AF_INET).connect() }
    // The kernel announces on a work queue of its own, and tells of the loss by POLLERR.
    for _ in 0..<1000 {
      var polled = pollfd(fd: socket, events: 0, revents: 0)
      if poll(&polled, 1, 10) == 1, Int32(polled.revents) & Int32(POLLERR) != 0 { return }
    }
    Issue.record("no overrun")
  }

  @Test func `the loss of the socket for destroy events is told, counted and repaired`() throws {
    var poller = SocketPoller(SocketPoller.Settings())
    _ = try poller.poll()
    let listener = try LoopbackListener(family: AF_INET)
    let before = try heard(&poller, listener)
    let descriptor = poller.eventDescriptor
    let socket = try #require(descriptor)
    let other = open("/dev/null", O_RDWR)
    dup2(other, socket)
    close(other)
    _ = poller.takeLogEvents()
    poller.drainEvents()
    #expect(poller.takeLogEvents().map(\.message) == ["destroy events ended"])
    let after = try heard(&poller, listener)
    #expect(try #require(after.destroyEvents) > #require(before.destroyEvents))
    #expect(try #require(after.destroyEventsLost) >= #require(before.destroyEventsLost) + 1)
  }

  /// Polls until a connection that has come and gone was announced.
  private func heard(_ poller: inout SocketPoller, _ listener: LoopbackListener) throws
    -> DaemonStatistics
  {
    let before = poller.statistics.destroyEvents ?? 0
    for _ in 0..<1000 {
      _ = try listener.connect()
      let statistics = try poller.poll().daemon
      if (statistics.destroyEvents ?? 0) > before { return statistics }
      usleep(10_000)
    }
    Issue.record("no event")
    return DaemonStatistics()
  }

  /// In a process of its own: the number of a closed descriptor may become anybody's.
  @Test func `both sockets closed under it harm nothing`() async {
    await #expect(processExitsWith: .success) {
      var poller = SocketPoller(SocketPoller.Settings())
      _ = try poller.poll()
      let sockets = [poller.eventDescriptor, poller.sockets.sockDiag.address?.descriptor]
      for socket in sockets.compactMap(\.self) { close(socket) }
      let report = try poller.poll()
      #expect(report.source == .sockDiag)
      #expect(report.daemon.polls == [.success: 2])
      let descriptor = poller.eventDescriptor
      #expect(descriptor != nil)
    }
  }
}
