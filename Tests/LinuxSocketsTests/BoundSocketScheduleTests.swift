import Testing

@testable import LinuxSockets

@Suite struct BoundSocketScheduleTests {
  /// 4 sockets in use in the namespace, 100 elsewhere.
  private static func sockets(ofHost: Int, used: Int) -> UnhashedSockets {
    var sockets = UnhashedSockets()
    let text = "sockets: used \(used)\nTCP: inuse 3 orphan 0 tw 7 alloc \(ofHost) mem 1\n"
    sockets.apply(sockstat: Array(text.utf8).span)
    sockets.apply(sockstat: Array("TCP6: inuse 1\n".utf8).span)
    return sockets
  }

  /// Whether it is time to ask, at each of these times in turn.
  private static func isDue(
    _ schedule: BoundSocketSchedule, _ polls: [(Int64, UnhashedSockets)], ports: Int = 32
  ) -> [Bool] {
    var schedule = schedule
    return polls.map { schedule.isDue($0.1, at: $0.0, ports: ports) }
  }

  private static func asked(ofHost: Int = 104, used: Int = 50) -> BoundSocketSchedule {
    var schedule = BoundSocketSchedule()
    schedule.dumped(sockets(ofHost: ofHost, used: used), at: 0)
    return schedule
  }

  @Test func `sockets in no table are what is in use beside those that are`() {
    let sockets = Self.sockets(ofHost: 104, used: 50)
    #expect(sockets.ofHost == 100 && sockets.ofNamespace == 46)
  }

  @Test func `they are asked for first, and if it is not known how many there may be`() {
    var schedule = BoundSocketSchedule()
    #expect(Self.isDue(schedule, [(0, Self.sockets(ofHost: 104, used: 50))]) == [true])
    schedule.dumped(UnhashedSockets(), at: 0)
    #expect(Self.isDue(schedule, [(1, UnhashedSockets())]) == [true])
  }

  @Test(arguments: [
    (104, 50, 32, false), (105, 51, 32, true),
    // Another namespace's, or of another family.
    (200, 50, 32, false), (104, 99, 32, false),
    // A sixty-fourth of the ports.
    (544, 490, 28_232, false), (546, 492, 28_232, true),
  ])
  func `they are asked for if there may be more of them`(
    ofHost: Int, used: Int, ports: Int, isDue: Bool
  ) {
    let sockets = Self.sockets(ofHost: ofHost, used: used)
    #expect(Self.isDue(Self.asked(), [(1, sockets)], ports: ports) == [isDue])
  }

  @Test func `what others let go meanwhile hides none`() {
    let polls = [
      (1 as Int64, Self.sockets(ofHost: 104, used: 50)), (2, Self.sockets(ofHost: 136, used: 82)),
    ]
    #expect(Self.isDue(Self.asked(ofHost: 5000, used: 5000), polls) == [false, true])
  }

  @Test func `they are asked for once a minute, unless all sockets are in a table`() {
    let sockets = Self.sockets(ofHost: 104, used: 50)
    #expect(Self.isDue(Self.asked(), [(59_999, sockets), (60_000, sockets)]) == [false, true])
    #expect(Self.isDue(Self.asked(), [(600_000, Self.sockets(ofHost: 4, used: 50))]) == [false])
  }
}
