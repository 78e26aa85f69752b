import Foundation
@testable import SocketStates
import Testing

@testable import Exposition

@Suite struct TerminalTests {
  private func table(_ width: Int?) -> (text: String, leftOut: [String]) {
    var table = TextTable(columns: [
      .init("NAME", minimumWidth: 4), .init("A", isNumber: true, dispensability: 1),
      .init("B", isNumber: true, dispensability: 2), .init("C", isNumber: true),
    ])
    table.add(["a-long-name", "1", "22", "333"])
    return table.render(TerminalStyle(width: width))
  }

  @Test func `names are cut before columns are left out, the least wanted first`() {
    #expect(table(nil).text == "NAME         A   B    C\na-long-name  1  22  333\n")
    #expect(table(17).text == "NAME   A   B    C\na-lo…  1  22  333\n")
    #expect(table(15).text == "NAME     A    C\na-long…  1  333\n")
    #expect(table(15).leftOut == ["B"])
    #expect(table(9).leftOut == ["A", "B"])
    // Narrower than what must be told: the terminal cuts.
    #expect(table(2).text == "NAME    C\na-l…  333\n")
  }

  @Test func `colours are written only where they are wanted`() {
    let report = makeSuspiciousReport().diagnosed
    var view = TextView(style: TerminalStyle(width: 80))
    let plain = SnapshotTable.render(report, view)
    #expect(!plain.contains("\u{1b}"))
    view.style.isColoured = true
    let coloured = SnapshotTable.render(report, view)
    #expect(coloured.contains("\u{1b}[1;31m"))
    #expect(
      coloured.replacing(/\u{1b}\[[0-9;]*m/, with: "") == plain)
    #expect(TerminalText.harmless(coloured) == coloured)
  }

  @Test func `hostile names stay harmless in every view`() {
    let report = makeHostileReport().diagnosed
    let explanations = hostileNames.filter { !$0.isEmpty }.map { name in
      ExplanationText.render(
        Explanation(of: .process(name), in: report))
    }
    let screen = WatchScreen().lines(
      WatchBody.render(report),
      .init(clock: "", place: "\u{1b}[2J", interval: 1, failure: "\u{9b}m"), rows: 100,
      TerminalStyle(width: 80))
    for scalar in (explanations + screen).joined().unicodeScalars where scalar != "\n" {
      #expect(![.control, .format, .lineSeparator].contains(scalar.properties.generalCategory))
    }
  }

  @Test func `a filter shows the sockets one by one`() {
    var report = makeSuspiciousReport()
    report.sockets = report.stuckSockets
    let lines = SnapshotTable.render(
      report, TextView(filter: SocketFilter(state: "close_wait", port: "8080"))
    ).split(separator: "\n")
    #expect(lines.count { $0.contains("192.0.2.99:") } == 4)
    #expect(!lines.contains { $0.contains("nginx") || $0.contains("worker") })
  }

  @Test func `every order sorts, and all are reached by one key`() {
    var order = GroupOrder.severity
    var seen: Set<GroupOrder> = []
    for _ in GroupOrder.allCases {
      seen.insert(order)
      #expect(order.next.previous == order)
      order = order.next
    }
    #expect(seen.count == GroupOrder.allCases.count)
    let names = { (order: GroupOrder) in
      order.sorted(makeSuspiciousReport().groups).map(\.labels.process.first)
    }
    #expect(names(.severity) == ["s", "a", "n"])
    #expect(names(.process) == ["a", "n", "s"])
    #expect(names(.port) == ["a", "s", "n"])
    #expect(names(.sockets) == ["a", "s", "n"])
    #expect(names(.timeWait) == ["a", "s", "n"])
    #expect(names(.sendQueue) == ["a", "s", "n"])
    #expect(names(.receiveQueue) == ["s", "a", "n"])
    #expect(names(.acceptQueue) == ["s", "a", "n"])
  }

  @Test func `scrolling stops at the end, and what is more is told`() {
    var screen = WatchScreen()
    let report = makeSuspiciousReport().diagnosed
    let body = WatchBody.render(report)
    let lines = { (screen: WatchScreen) in
      screen.lines(
        body, .init(clock: "", place: "", interval: 1), rows: 8, TerminalStyle(width: 200))
    }
    #expect(lines(screen).count == 8)
    #expect(lines(screen).last?.contains("more)") == true)
    screen.offset = 1_000_000
    #expect(lines(screen).last?.contains("more)") == false)
    #expect(lines(screen).contains { $0.contains("sockets in 3 groups") })
  }

  @Test func `who may not see addresses sees none in any text, and is told so once`() {
    var report = makeSuspiciousReport()
    report.sockets = report.stuckSockets
    var view = TextView(style: TerminalStyle(width: 80))
    func texts() -> [String] {
      var filtered = view
      filtered.filter.port = "8080"
      let explanations = report.groups.map { group in
        ExplanationText.render(
          Explanation(of: .process(group.labels.process), in: report), view)
      }
      return explanations + [
        SnapshotTable.render(report, view), SnapshotTable.render(report, filtered),
        WatchBody.render(report, view),
      ]
    }
    #expect(texts().joined().contains("192.0.2."))
    view.showsAddresses = false
    view.notVisible = ["who is connected"]
    for text in texts() { #expect(!text.contains("192.0.2."), "\(text)") }
    for text in texts().suffix(3) {
      #expect(text.ranges(of: "Not visible: who is connected.").count == 1)
    }
  }

  @Test(arguments: [
    ("a\nb\u{1b}[1;31mc\u{1b}[0m\n", "a\nb\u{1b}[1;31mc\u{1b}[0m\n"),
    ("\u{1b}[2J\u{1b}[1m", #"\u{1b}[2J"# + "\u{1b}[1m"), ("\u{1b}[1", #"\u{1b}[1"#),
    ("\u{1b}", #"\u{1b}"#),
    ("\r\nx", #"\u{d}"# + "\nx"), ("\u{9b}31m", #"\u{9b}31m"#),
    ("\u{1b}]0;t\u{7}", #"\u{1b}]0;t\u{7}"#),
    ("\u{1b}[123456789m", #"\u{1b}[123456789m"#), ("\u{202e}ü", #"\u{202e}ü"#), ("", ""),
  ])
  func `of a text from elsewhere only lines and emphasis are obeyed`(text: String, shown: String) {
    #expect(TerminalText.harmless(text) == shown)
  }

  @Test(arguments: [
    (":8080", Explanation.Subject?.some(.port(8080))), ("4711", .pid(4711)),
    ("server.js", .process("server.js")), ("", nil), (":", nil), (":x", nil), (":65536", nil),
    ("0", nil), ("99999999999", nil), ("-1", .process("-1")), ("127.0.0.1:8080", .port(8080)),
    ("localhost:8080", .port(8080)), ("[::1]:8080", .port(8080)), ("*:8080", .port(8080)),
    ("0.0.0.0:8080", .port(8080)), ("[::]:8080", .port(8080)),
    ("localhost:", .process("localhost:")),
    ("192.0.2.1:8080", .process("192.0.2.1:8080")), ("nginx: master", .process("nginx: master")),
    ("a b", .process("a b")), ("127.0.0.1:80 b", .process("127.0.0.1:80 b")),
  ])
  func `a subject is read`(text: String, subject: Explanation.Subject?) {
    #expect(Explanation.Subject(text) == subject)
  }

  @Test(arguments: [
    (["close_wait", "CLOSE-WAIT", "Close_Wait", "CLOSEWAIT"], [TCPState.closeWait]),
    (["ESTAB", "established", "ESTABLISHED"], [.established]),
    (["fin_wait1", "FIN-WAIT-1"], [.finWait1]),
    (["SYN-RECV", "syn-rcv"], [.synRecv]),
    (["close", "CLOSED", "unconnected", "UNCONN"], [.close]),
    (["LISTEN", "listening"], [.listen]), (["all"], TCPState.allCases),
    (["bucket"], [.synRecv, .timeWait]),
    (["big"], TCPState.allCases.filter { $0 != .synRecv && $0 != .timeWait }),
    (["connected"], TCPState.allCases.filter { $0 != .listen && $0 != .close }),
    (["synchronized"], TCPState.allCases.filter { ![.listen, .close, .synSent].contains($0) }),
  ])
  func `states go by the names of the label, the tables and ss`(names: [String], states: [TCPState])
  {
    for name in names {
      #expect(TCPStateSet(named: name) == TCPStateSet(states.map { TCPStateSet($0) }), "\(name)")
    }
  }

  @Test(arguments: ["", "-", "wait", "closed-wait", "established ", "fin-wait", "new"])
  func `other words are no states, and admit nothing`(name: String) throws {
    #expect(TCPStateSet(named: name) == nil)
    let filter = SocketFilter(state: name)
    #expect(filter.complaint?.hasPrefix("state: no such state; allowed: established, ") == true)
    #expect(!makeSuspiciousReport().groups.contains { filter.admits($0) })
  }

  @Test(arguments: [(true, "gr\\u{f6}\\u{df}e...", 18), (false, "größe…", 6)])
  func `a text is cut as the terminal can show it`(isASCII: Bool, shown: String, width: Int) {
    let style = TerminalStyle(isASCII: isASCII)
    #expect(style.truncated("größe und mehr als das", to: width) == shown)
    #expect(style.wrap("größe").contains("größe") == !isASCII)
  }

  @Test func `sixty columns have room for every state that waits, and for the direction`() {
    var report = makeSuspiciousReport()
    report.groups = [
      makeGroup("a-long-name", [.established: 1, .synSent: 1, .closeWait: 1, .timeWait: 1])
    ]
    let lines = SnapshotTable.render(report, TextView(style: TerminalStyle(width: 60)))
      .split(separator: "\n")
    let header = lines.first { $0.hasPrefix("PROCESS ") && $0.contains("TIME-WAIT") }
    for title in [" DIR ", "ESTAB", "SYN-SENT", "CLOSE-WAIT"] {
      #expect(header?.contains(title) == true, "\(lines)")
    }
    #expect(lines.allSatisfy { $0.count <= 60 }, "\(lines)")
  }

  @Test(arguments: [
    (UInt64(0), "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1550, "1.5 kB"), (999_999, "999.9 kB"),
    (2_626_560, "2.6 MB"), (.max, "18.4 EB"),
  ])
  func `sizes are read by people`(count: UInt64, text: String) {
    #expect(Format.bytes(count) == text)
  }

  @Test(arguments: [(0.0, "0 %"), (0.004, "0.4 %"), (0.05, "5 %"), (0.126, "13 %"), (1, "100 %")])
  func `shares are read by people`(share: Double, text: String) {
    #expect(Format.percent(share) == text)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (28_232, "28,232"), (1_234_567, "1,234,567"),
    (-999, "-999"), (-1000, "-1,000"), (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func `counts are read by people`(count: Int, text: String) {
    #expect(Format.number(count) == text)
  }

  @Test func `every finding has words, and its section is in the runbook`() throws {
    let runbook = try String(
      contentsOf: GoldenTests.folder.appending(path: "../../../config/prometheus/RUNBOOK.md"),
      encoding: .utf8)
    for kind in everyKind {
      for direction in Direction.allCases {
        let words = FindingWords(
          Finding(
            kind, .fault, of: GroupLabels(process: "p", unit: "", direction: direction, port: 1), []
          ))
        #expect(runbook.contains("\n## \(words.runbook)\n"), "\(kind)")
        for text in [words.headline, words.meaning, words.responsible, words.cause, words.symptoms]
        {
          #expect(text.hasSuffix("."), "\(kind): \(text)")
        }
        #expect(!words.steps.isEmpty)
      }
    }
  }
}
