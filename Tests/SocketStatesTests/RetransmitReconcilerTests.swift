import Testing

@testable import SocketStates

@Suite struct RetransmitLawTests {
  private func row(_ retransmits: UInt32) -> SocketRow {
    .connection(40_000, 80, cookie: 3, inode: 20) { $0.info.totalRetransmits = retransmits }
  }

  @Test func `what no socket accounts for is unknown, a poll later`() {
    var polls = ScriptedPolls()
    polls.poll([row(0)], retransSegs: 1_000)
    polls.poll([row(2)], retransSegs: 1_010)
    let report = polls.poll([row(2)], retransSegs: 1_010)
    #expect(report.retransmits == 10)
    #expect(report.group("unknown", .inbound, nil)?.counters?.retransmittedSegments == 8)
  }

  @Test func `an event that comes late takes nothing from unknown twice`() {
    var polls = ScriptedPolls()
    polls.poll([row(0)], retransSegs: 0)
    polls.poll([row(0)], retransSegs: 5)
    // The socket's own event, queued by the kernel, arrives before the next poll.
    polls.tracker.absorb(destroyed: row(5).destroyed())
    let report = polls.poll([], retransSegs: 5)
    #expect(report.retransmits == 5)
    #expect(report.group("unknown", .inbound, nil) == nil)
  }

  @Test func `SYN-ACKs of a connection that may still come to be are not unknown`() {
    var polls = ScriptedPolls()
    let listener = SocketRow.listener(80, cookie: 1, inode: 10)
    let waiting = SocketRow.connection(80, 40_000, .synRecv, cookie: 2) { $0.retransmits = 3 }
    polls.poll([listener], retransSegs: 0)
    for _ in 1...3 { polls.poll([listener, waiting], retransSegs: 3) }
    // It comes to be, is gone before a poll sees it, and its event is late.
    polls.poll([listener], retransSegs: 3)
    polls.tracker.absorb(
      destroyed: .connection(80, 40_000, cookie: 2) { $0.info.totalRetransmits = 3 }.destroyed())
    polls.poll([listener], retransSegs: 3)
    let report = polls.poll([listener], retransSegs: 3)
    #expect(report.retransmits == 3)
    #expect(report.group("unknown", .inbound, nil) == nil)
  }

  @Test func `SYN-ACKs of a connection that never came to be are unknown in the end`() {
    var polls = ScriptedPolls()
    let waiting = SocketRow.connection(80, 40_000, .synRecv, cookie: 2) { $0.retransmits = 3 }
    polls.poll([], retransSegs: 0)
    for _ in 1...3 { #expect(polls.poll([waiting], retransSegs: 3).retransmits == 0) }
    polls.poll([], retransSegs: 3)
    let report = polls.poll([], retransSegs: 3)
    #expect(report.group("unknown", .inbound, nil)?.counters?.retransmittedSegments == 3)
  }

  @Test func `a sum that has run ahead waits for the kernel`() {
    var law = RetransmitReconciler()
    #expect(law.settle(kernel: 100) == 0)
    law.account(for: 10)
    #expect(law.settle(kernel: 104) == 0)
    #expect(law.settle(kernel: 112) == 0)
    #expect(law.settle(kernel: 112) == 2)
    #expect(law.settle(kernel: 112) == 0)
  }

  @Test func `a kernel counter that starts again gives a new base`() {
    var law = RetransmitReconciler()
    _ = law.settle(kernel: 100)
    _ = law.settle(kernel: 150)
    #expect(law.settle(kernel: 3) == 0)
    #expect(law.settle(kernel: 4) == 0)
    #expect(law.settle(kernel: 4) == 1)
  }

  @Test func `after lost events the sum still grows as the kernel's does`() {
    var polls = ScriptedPolls()
    var generator = SystemRandomNumberGenerator()
    var kernel: UInt64 = 500
    polls.poll([], retransSegs: kernel)
    for poll in 1...200 {
      let born = UInt32.random(in: 0...9, using: &generator)
      kernel += UInt64(born)
      // Every third event is lost.
      if poll % 3 != 0 {
        polls.tracker.absorb(
          destroyed: .connection(50_000, 80, cookie: UInt64(100 + poll)) {
            $0.info.totalRetransmits = born
          }.destroyed())
      }
      #expect(polls.poll([], retransSegs: kernel).retransmits <= kernel - 500)
    }
    #expect(polls.poll([], retransSegs: kernel).retransmits == kernel - 500)
  }
}
