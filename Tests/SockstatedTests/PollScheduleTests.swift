import Testing

@testable import sockstated

@Suite struct PollScheduleTests {
  @Test func `polls come on an absolute schedule, whatever they take`() {
    var schedule = PollSchedule(interval: 1_000, now: 0)
    var starts: [Int64] = []
    var now: Int64 = 0
    for duration in [10, 900, 300, 0] as [Int64] {
      starts.append(now)
      schedule.finished(at: now + duration)
      now = schedule.next
    }
    #expect(starts == [0, 1_000, 2_000, 3_000])
  }

  @Test func `what falls into a slow poll is left out`() {
    var schedule = PollSchedule(interval: 1_000, now: 0)
    schedule.finished(at: 3_500)
    #expect(schedule.next == 4_000)
    #expect(!schedule.isDue(at: 3_999))
  }

  @Test func `a poll in between moves nothing`() {
    var schedule = PollSchedule(interval: 1_000, now: 0)
    schedule.finished(at: 0)
    for now in stride(from: 10, to: 1_000, by: 10) { schedule.finished(at: Int64(now)) }
    #expect(schedule.next == 1_000)
  }

  @Test func `a shorter interval counts from the last poll`() {
    var schedule = PollSchedule(interval: 60_000, now: 0)
    schedule.finished(at: 5)
    schedule.interval = 1_000
    #expect(schedule.next == 1_005)
  }

  @Test func `after SIGSTOP for an hour there is one poll, not a thousand`() {
    var schedule = PollSchedule(interval: 1_000, now: 0)
    schedule.finished(at: 1)
    #expect(schedule.isDue(at: 3_600_000))
    schedule.finished(at: 3_600_001)
    #expect(schedule.next == 3_601_000)
  }
}
