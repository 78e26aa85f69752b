import SocketStates
import Testing

@testable import sockstated

@Suite struct ReportBoardTests {
  private let report = Report(
    sequence: 1, time: 0, source: .sockDiag, namespaces: [NamespaceReport(netns: "")])

  @Test func `health is that the last poll is younger than three intervals`() {
    let store = ReportStore(interval: 5_000)
    #expect(store.current.complaint(at: 0) == "no poll has finished yet")
    store.post(report)
    let at = store.current.posted?.at ?? 0
    #expect(store.current.complaint(at: at + 15_000) == nil)
    #expect(
      store.current.complaint(at: at + 15_001)
        == "the last poll is 15.001 s old, the interval is 5.0 s")
  }

  @Test func `the reason of a failure is told, and forgotten with the next report`() {
    let store = ReportStore(interval: 1_000)
    store.post(failure: "no /proc")
    #expect(store.current.complaint(at: 0) == "no poll has finished yet: no /proc")
    store.post(report)
    let at = store.current.posted?.at ?? 0
    #expect(store.current.complaint(at: at) == nil)
    store.post(failure: "no memory")
    #expect(store.current.complaint(at: at + 9_000)?.hasSuffix(": no memory") == true)
  }
}
