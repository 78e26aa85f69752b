import SocketStates
import Testing

@testable import sockstated

@Suite struct ReportBoardTests {
  private let report = Report(
    sequence: 1, time: 0, source: .sockDiag, namespaces: [NamespaceReport(netns: "")])

  @Test func `health is that the last poll is younger than three intervals`() {
    let board = ReportStore(interval: 5_000)
    #expect(board.current.complaint(at: 0) == "no poll has finished yet")
    board.post(report)
    let at = board.current.posted?.at ?? 0
    #expect(board.current.complaint(at: at + 15_000) == nil)
    #expect(
      board.current.complaint(at: at + 15_001)
        == "the last poll is 15.001 s old, the interval is 5.0 s")
  }

  @Test func `the reason of a failure is told, and forgotten with the next report`() {
    let board = ReportStore(interval: 1_000)
    board.post(failure: "no /proc")
    #expect(board.current.complaint(at: 0) == "no poll has finished yet: no /proc")
    board.post(report)
    let at = board.current.posted?.at ?? 0
    #expect(board.current.complaint(at: at) == nil)
    board.post(failure: "no memory")
    #expect(board.current.complaint(at: at + 9_000)?.hasSuffix(": no memory") == true)
  }
}
