import Testing

@testable import SocketStates

@Suite struct NamespaceBudgetTests {
  @Test func `who needs little leaves the rest`() {
    #expect(NamespaceBudget.shares(of: 1000, counts: [400, 3, 0]) == [816, 22, 16])
    #expect(NamespaceBudget.shares(of: 1000, counts: [900, 3]) == [978, 22])
  }

  @Test func `namespaces that want more than there is share equally`() {
    #expect(NamespaceBudget.shares(of: 1000, counts: [5000, 800, 800]) == [334, 333, 333])
    // One that has nothing yet gets its part although others want all.
    #expect(NamespaceBudget.shares(of: 100, counts: [5000, 5000, 0]) == [42, 42, 16])
  }

  @Test func `everybody gets one and nobody more than there is`() {
    #expect(NamespaceBudget.shares(of: 2, counts: [9, 9, 9, 9]) == [1, 1, 1, 1])
    for counts in [[1], [0, 0], [7, 70, 700], Array(repeating: 30, count: 100)] {
      let shares = NamespaceBudget.shares(of: 1000, counts: counts)
      #expect(shares.reduce(0, +) <= 1000)
      #expect(shares.allSatisfy { $0 >= 1 })
    }
  }
}
