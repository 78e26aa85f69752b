import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct WholePollScheduleTests {
  private static let budget = WholePollSchedule.Budget(interval: 5_000, share: 0.05)

  private static func host(_ established: UInt64, opened: UInt64 = 0) -> HostCounters {
    var host = HostCounters()
    host.established = established
    host.activeOpens = opened
    host.passiveOpens = 0
    return host
  }

  /// One poll each interval; the number of each that was whole.
  private static func wholes(
    _ count: Int, whole: Double, light: Double, owners: Double = 0,
    budget: WholePollSchedule.Budget = budget,
    host: (Int) -> HostCounters? = { _ in host(1000) }
  ) -> [Int] {
    var schedule = WholePollSchedule()
    var wholes: [Int] = []
    for poll in 0..<count {
      // No poll is on time to the millisecond.
      let now = Int64(poll) * max(budget.interval, 1_000) + Int64(poll % 3)
      let host = host(poll)
      let isWhole = schedule.isDue(at: now, host, budget)
      schedule.polled(
        isLight: !isWhole, milliseconds: isWhole ? whole : light, owners: owners, at: now, host)
      if isWhole { wholes.append(poll) }
    }
    return wholes
  }

  /// The gaps between the whole polls once averages have settled.
  private static func gaps(
    whole: Double, light: Double, owners: Double = 0, budget: WholePollSchedule.Budget = budget,
    host: (Int) -> HostCounters? = { _ in host(1000) }
  ) -> Set<Int> {
    let last = wholes(
      3_000, whole: whole, light: light, owners: owners, budget: budget, host: host
    ).suffix(20)
    return Set(zip(last.dropFirst(), last).map { $0 - $1 })
  }

  @Test func `every poll of a small host is whole, at any interval`() {
    for interval: Int64 in [100, 1_000, 5_000] {
      let budget = WholePollSchedule.Budget(interval: interval, share: 0.05)
      #expect(Self.wholes(200, whole: 7, light: 3, budget: budget).count == 200)
      // Light ones would save nothing of the owners.
      #expect(Self.wholes(200, whole: 7, light: 3, owners: 500, budget: budget).count == 200)
    }
  }

  @Test func `where light polls are cheaper owners count too`() {
    let without = Self.gaps(whole: 120, light: 20)
    #expect(without == Self.gaps(whole: 70, light: 20, owners: 50))
    #expect(without != Self.gaps(whole: 70, light: 20))
  }

  @Test func `the first search for owners does not put off the next whole poll`() {
    var schedule = WholePollSchedule()
    schedule.polled(isLight: false, milliseconds: 100, owners: 7_000, at: 0, nil)
    schedule.polled(isLight: true, milliseconds: 20, at: 5_000, nil)
    #expect(schedule.isDue(at: 10_000, nil, Self.budget))
  }

  @Test func `nearly every poll is whole if established connections are few among many others`() {
    #expect(Self.wholes(200, whole: 205, light: 200).count > 190)
  }

  @Test func `whole polls of a large host take a tenth of the budget`() {
    // 205 ms more each, of 5 ms a second.
    #expect(Self.gaps(whole: 220, light: 15) == [8])
  }

  @Test func `a whole poll comes each minute, however little there is to spend`() {
    #expect(Self.gaps(whole: 1_080, light: 120) == [12])
  }

  @Test func `whole polls take half of the budget at most`() {
    // 5,000 ms at 25 ms a second.
    #expect(Self.gaps(whole: 5_120, light: 120) == [40])
  }

  @Test func `whole polls take what light ones leave`() {
    // 800 ms at 10 ms a second, of 50 of which light ones take 40 and more.
    #expect(Self.gaps(whole: 1_000, light: 200) == [16])
    #expect(Self.gaps(whole: 1_250, light: 450) == [16])
  }

  @Test func `a command, and who sets no limit, has whole polls alone`() {
    #expect(Self.wholes(50, whole: 5_000, light: 1, budget: .unlimited).count == 50)
    let unlimited = WholePollSchedule.Budget(interval: 5_000, share: 1).divided(by: 3)
    #expect(Self.wholes(50, whole: 5_000, light: 1, budget: unlimited).count == 50)
  }

  @Test func `much that comes or goes brings the next whole poll`() {
    // 205 ms at 25 ms a second are due after 8.2 s.
    // At every third poll, as it is gone again at every second.
    #expect(
      Self.gaps(whole: 220, light: 15) {
        Self.host($0.isMultiple(of: 2) ? 50_000 : 90_000)
      } == [3])
    #expect(
      Self.gaps(whole: 220, light: 15) { Self.host(10_000, opened: UInt64($0) * 10_000) } == [2])
  }

  @Test func `little that comes and goes does not`() {
    #expect(
      Self.gaps(whole: 220, light: 15) {
        Self.host(100_000 + UInt64($0 % 7) * 100, opened: UInt64($0) * 5_000)
      } == [8])
  }

  @Test func `a name that has changed does`() {
    var schedule = WholePollSchedule()
    for poll in 0..<20 {
      schedule.polled(isLight: false, milliseconds: 220, at: Int64(poll) * 5_000, nil)
    }
    #expect(schedule.isDue(at: 105_000, nil, isOutdated: true, Self.budget))
    #expect(!schedule.isDue(at: 105_000, nil, Self.budget))
  }

  @Test func `network namespaces share the budget`() {
    #expect(Self.gaps(whole: 220, light: 15, budget: Self.budget.divided(by: 10)) == [21])
    #expect(Self.budget.divided(by: 0).share == 0.05)
  }
}
