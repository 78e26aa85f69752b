import Testing

@testable import sockstated

@Suite struct PollBudgetTests {
  @Test func `cheap polls keep the interval`() {
    var budget = PollBudget(share: 0.05)
    for _ in 1...100 { budget.spent(seconds: 0.2) }
    #expect(budget.interval(wanted: 5_000) == 5_000)
  }

  @Test func `polls that cost more come less often, within the budget`() {
    var budget = PollBudget(share: 0.05)
    for _ in 1...100 { budget.spent(seconds: 1) }
    let interval = budget.interval(wanted: 5_000)
    #expect((20_000...20_500).contains(interval))
  }

  @Test func `one dear poll stretches nothing`() {
    var budget = PollBudget(share: 0.05)
    budget.spent(seconds: 0.9)
    #expect(budget.interval(wanted: 5_000) == 5_000)
  }

  @Test func `the interval comes back when polls are cheap again`() {
    var budget = PollBudget(share: 0.05)
    for _ in 1...20 { budget.spent(seconds: 2) }
    #expect(budget.interval(wanted: 1_000) > 30_000)
    for _ in 1...30 { budget.spent(seconds: 0.001) }
    #expect(budget.interval(wanted: 1_000) == 1_000)
  }

  @Test func `light polls have most of the budget, and whole ones among them stretch nothing`() {
    var budget = PollBudget(share: 0.05)
    budget.spent(seconds: 2)
    for poll in 1..<120 {
      let isLight = poll % 12 != 0
      budget.spent(seconds: isLight ? 0.12 : 2, isLight: isLight)
      #expect(budget.interval(wanted: 5_000) == 5_000)
    }
    for _ in 0..<50 { budget.spent(seconds: 0.4, isLight: true) }
    #expect(budget.interval(wanted: 5_000) == 10_000)
    // Whoever has all of them read must not do so more often than that pays for.
    #expect(budget.pause > 30_000)
  }

  @Test func `without light polls the interval is that of whole ones again`() {
    var budget = PollBudget(share: 0.05)
    budget.spent(seconds: 0.1, isLight: true)
    for _ in 0..<50 { budget.spent(seconds: 1) }
    #expect(budget.interval(wanted: 5_000) >= 20_000)
  }

  @Test func `costs that differ a little keep one interval`() {
    var budget = PollBudget(share: 0.05)
    for _ in 1...50 { budget.spent(seconds: 0.99) }
    var seen: Set<Int64> = []
    for poll in 1...50 {
      budget.spent(seconds: poll.isMultiple(of: 2) ? 0.985 : 0.99)
      seen.insert(budget.interval(wanted: 5_000))
    }
    #expect(seen.count == 1)
  }
}
