import Glibc
import SocketStates
import Testing

@testable import LinuxSockets

/// Against the running kernel. The sockets are the test's own, on loopback.
@Suite(.serialized) struct SockDiagKernelTests {
  /// The rows of sockets at one of `ports`, by cookie.
  private func rows(
    of ports: Set<UInt16>, _ dump: (inout SockDiagSource, (Span<SocketRow>) -> Void) throws -> Void
  ) throws -> [UInt64: SocketRow] {
    var found: [UInt64: SocketRow] = [:]
    var source = SockDiagSource()
    try dump(&source) { rows in
      for index in rows.indices where ports.contains(rows[index].local.port) {
        found[rows[index].cookie] = rows[index]
      }
    }
    return found
  }

  private var deadline: Int64 { MonotonicClock.now + 30_000 }

  @Test(arguments: [AF_INET, AF_INET6])
  func `one walk and two walks agree`(family: Int32) throws {
    let listener = try LoopbackListener(family: family)
    let client = try listener.connect()
    let ports: Set = [listener.port, client.port]
    let one = try rows(of: ports) { try $0.dump(deadline: deadline, $1) }
    let two = try rows(of: ports) { try $0.dumpByFamily(deadline: deadline, $1) }
    #expect(one.count == 3)
    #expect(Set(one.keys) == Set(two.keys))
    for (cookie, row) in one {
      let other = try #require(two[cookie])
      #expect(row.state == other.state)
      #expect(row.local == other.local)
      #expect(row.remote == other.remote)
      #expect(row.inode == other.inode)
      #expect(row.receiveQueue == other.receiveQueue)
      #expect(row.hasInfo && other.hasInfo)
      #expect(row.cgroup == other.cgroup)
    }
    let accepting = try #require(one.values.first { $0.state == .listen })
    #expect(accepting.receiveQueue == 1, "one connection waits for accept()")
    #expect(accepting.sendQueue == 4, "the backlog")
    #expect(one.values.contains { $0.state == .established && $0.inode == 0 })
  }

  @Test(arguments: [AF_INET, AF_INET6])
  func `a light dump has all but established connections`(family: Int32) throws {
    let listener = try LoopbackListener(family: family)
    let client = try listener.connect()
    let ports: Set = [listener.port, client.port]
    let all = try rows(of: ports) { try $0.dump(deadline: deadline, $1) }
    let light = try rows(of: ports) { try $0.dump(deadline: deadline, states: .light, $1) }
    let byFamily = try rows(of: ports) {
      try $0.dumpByFamily(deadline: deadline, states: .light, $1)
    }
    #expect(all.values.count { $0.state == .established } == 2)
    #expect(light.values.map(\.state) == [.listen])
    #expect(Set(light.keys) == Set(byFamily.keys))
  }

  @Test func `a freed socket is announced with its cookie and final counters`() throws {
    var events = try DestroyEvents()
    let listener = try LoopbackListener(family: AF_INET)
    let cookie: UInt64
    do {
      let client = try listener.connect()
      try client.send("hello")
      let seen = try rows(of: [client.port]) { try $0.dump(deadline: deadline, $1) }
      cookie = try #require(seen.values.first).cookie
    }
    var event: SocketRow?
    for _ in 0..<200 where event == nil {
      _ = try events.drain(limit: 1000) { row, _ in if row.cookie == cookie { event = row } }
      if event == nil { usleep(10_000) }
    }
    // The listener has not accepted, so the client's socket waits in FIN-WAIT-2 or is reset at the
    // end of the listener: closing that frees it.
    if event == nil {
      listener.close()
      for _ in 0..<18_000 where event == nil {
        _ = try events.drain(limit: 1000) { row, _ in if row.cookie == cookie { event = row } }
        usleep(10_000)
      }
    }
    let row = try #require(event)
    #expect(row.state == .close)
    #expect(row.inode == 0)
    #expect(row.hasInfo)
    #expect(row.info.bytesSent == 5)
    #expect(row.remote.port == listener.port)
  }

  @Test func `a deadline that has passed ends the dump`() {
    var source = SockDiagSource()
    #expect(throws: SockDiagError.deadline) {
      try source.dump(deadline: MonotonicClock.now - 1) { _ in }
    }
  }

  @Test func `a dump after a failed one is whole`() throws {
    let listener = try LoopbackListener(family: AF_INET)
    var source = SockDiagSource()
    try? source.dump(deadline: MonotonicClock.now - 1) { _ in }
    var found = false
    try source.dump(deadline: deadline) { rows in
      for index in rows.indices where rows[index].local.port == listener.port { found = true }
    }
    #expect(found)
  }

  @Test(arguments: [
    (SockDiagError.kernel(ENOENT), true),
    (.kernel(EPERM), true),
    (.kernel(EINVAL), true),
    (.kernel(ENOBUFS), false),
    (.kernel(ENOMEM), false),
    (.system(SystemError(operation: "open", errno: EPROTONOSUPPORT)), true),
    (.system(SystemError(operation: "open", errno: EACCES)), true),
    (.system(SystemError(operation: "open", errno: EMFILE)), false),
    (.system(SystemError(operation: "open", errno: ENFILE)), false),
    (.system(SystemError(operation: "open", errno: ENOMEM)), false),
    (.system(SystemError(operation: "receive", errno: ENOBUFS)), false),
    (.malformed(.truncated), false),
    (.deadline, false),
  ])
  func `errors for good are told from passing ones`(error: SockDiagError, isPermanent: Bool) {
    #expect(error.isPermanent == isPermanent)
  }
}
