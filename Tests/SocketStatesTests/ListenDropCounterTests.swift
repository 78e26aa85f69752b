import Testing

@testable import SocketStates

@Suite struct ListenDropCounterTests {
  private func counted(_ polls: [(drops: [UInt64: UInt32], listenDrops: UInt64?)]) -> [[UInt64:
    UInt32]]
  {
    var counter = ListenDropCounter()
    return polls.map {
      Dictionary(uniqueKeysWithValues: counter.count($0.drops, listenDrops: $0.listenDrops))
    }
  }

  @Test func `resets of health checks are no drops`() {
    let polls = (0..<5).map {
      (drops: [1: UInt32(100 + $0)] as [UInt64: UInt32], listenDrops: UInt64?(7))
    }
    #expect(counted(polls) == [[:], [:], [:], [:], [:]])
  }

  @Test func `drops count once, whichever of the two counters was read first`() {
    #expect(
      counted([([1: 5], 0), ([1: 8], 0), ([1: 8], 3), ([1: 8], 3)]) == [[:], [:], [1: 3], [:]])
    #expect(counted([([1: 5], 0), ([1: 8], 3), ([1: 9], 4)]) == [[:], [1: 3], [1: 1]])
  }

  @Test func `what was not confirmed by the next poll never is`() {
    #expect(counted([([1: 5], 0), ([1: 8], 0), ([1: 8], 0), ([1: 8], 3)]) == [[:], [:], [:], [:]])
  }

  @Test func `of two listeners the one with most has them`() {
    #expect(
      counted([([1: 0, 2: 0], 0), ([1: 1, 2: 40], 40), ([1: 1, 2: 40], 40)]) == [[:], [2: 40], [:]])
  }

  @Test func `a new listener counts from nothing, and without ListenDrops all counts`() {
    #expect(counted([([1: 5], nil), ([1: 6, 2: 3], nil)]) == [[:], [1: 1, 2: 3]])
  }

  @Test func `a poll without a dump loses and repeats nothing`() {
    #expect(counted([([1: 5], 2), ([:], 4), ([1: 9], 6), ([1: 9], 6)]) == [[:], [:], [1: 4], [:]])
  }

  @Test func `sk_drops may wrap around`() {
    #expect(counted([([1: .max], 0), ([1: 1], 2)]) == [[:], [1: 2]])
  }
}
