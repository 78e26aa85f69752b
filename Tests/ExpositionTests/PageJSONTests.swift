import Foundation
import Testing

@testable import Exposition
@testable import SocketStates

@Suite struct PageJSONTests {
  private typealias Object = [String: Any]

  private func page(_ reports: Report..., showsAddresses: Bool = true) throws -> Object {
    var history = History()
    for (index, report) in reports.enumerated() {
      history.record(report, at: Int64(index) * 60_000)
    }
    var report = try #require(reports.last).diagnosed
    if reports.count > 1 {
      report.baseline = CounterBaseline(reports[reports.count - 2], isFirst: false)
      report.findings = Diagnosis.findings(in: report)
    }
    let bytes = PageJSON.document(
      report, history,
      PageJSON.Circumstances(age: 1500, interval: 5000, showsAddresses: showsAddresses))
    return try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? Object)
  }

  private func objects(_ name: String, _ page: Object) throws -> [Object] {
    try #require(page[name] as? [Object])
  }

  /// The cells of a row by the ids of their columns.
  private func cells(_ row: Object, _ page: Object) throws -> Object {
    let ids = try objects("columns", page).compactMap { $0["id"] as? String }
    let cells = try #require(row["cells"] as? [Any])
    #expect(ids.count == cells.count)
    return Dictionary(uniqueKeysWithValues: zip(ids, cells))
  }

  @Test func `a connection to another host is there for a link, if addresses may be seen`() throws {
    let report = makeSuspiciousReport()
    let peers = try objects("findings", page(report)).compactMap { $0["peer"] as? Object }
    let peer = try #require(peers.first)
    let host = try #require(peer["host"] as? String)
    #expect((peer["remote"] as? String)?.hasPrefix(host + ":") == true)
    #expect((peer["local"] as? String).flatMap { WrittenEndpoint($0) } != nil)
    let hidden = try page(report, showsAddresses: false)
    #expect(try objects("findings", hidden).allSatisfy { $0["peer"] == nil })
  }

  @Test func `connections that broke are listed for those who may see addresses`() throws {
    var report = makeSuspiciousReport()
    var row = SocketRow()
    row.local = Endpoint(address: Address(ipv4: 0x0a00_0005), port: 40_312)
    row.remote = Endpoint(address: Address(ipv4: 0x0a00_0009), port: 5432)
    row.hasInfo = true
    row.info.hasBytesSent = true
    row.info.bytesSent = 10
    row.info.bytesReceived = 10
    row.info.lastDataSent = 20
    row.info.lastDataReceived = 350_020
    let labels = GroupLabels(process: "api.js", unit: "", direction: .outbound, port: 5432)
    let ended = EndedConnection(
      row, .aborted, labels: labels, isInbound: false, ended: Int64(report.time * 1000) - 12_000)
    report.lastBroken = [ended]
    let page = try page(report)
    let broken = try #require(try objects("broken", page).first)
    #expect(broken["text"] as? String == "10.0.0.5:40312 → 10.0.0.9:5432: reset or aborted")
    #expect(
      broken["note"] as? String
        == "api.js connected to port 5432, 12s ago, after 5m50s of silence")
    #expect(broken["ends"] as? String == "10.0.0.5:40312 10.0.0.9:5432")
    #expect(page["may_ask"] as? Bool == true)
    let hidden = try self.page(report, showsAddresses: false)
    #expect(try objects("broken", hidden).isEmpty)
    #expect(hidden["may_ask"] as? Bool == false)
  }

  @Test func `what the kernel has wiped of a connection is no address`() throws {
    var report = makeSuspiciousReport()
    var row = SocketRow()
    row.local = Endpoint(address: .anyIPv4, port: 40_312)
    row.hasInfo = true
    let labels = GroupLabels(process: "unknown", unit: "", direction: .outbound, port: nil)
    report.lastBroken = [
      EndedConnection(
        row, .resetSent, labels: labels, isInbound: nil, ended: Int64(report.time * 1000) - 12_000)
    ]
    let broken = try #require(try objects("broken", page(report)).first)
    #expect(
      broken["text"] as? String
        == "port 40312 → a peer whose address the kernel has wiped: reset by this side")
    #expect(
      (broken["note"] as? String)?.hasPrefix(
        "A process that is not known, the service's port is not known, 12s ago") == true)
  }

  @Test func `the worst peer is a figure for those who may see addresses`() throws {
    var report = makeSuspiciousReport()
    let peers = WorstPeers(
      trouble: .endings, total: 40,
      peers: [(Address(ipv4: 0x0a02_0009), 37), (Address(ipv4: 0x0a02_0007), 3)])
    let cluster = IdleCluster(
      count: 12, all: 13, shortest: 350_000, longest: 352_000, inFlight: 7)
    report.groups[0].idleCluster = cluster
    report.groups[0].worstPeers = [peers]
    func figures(_ showsAddresses: Bool) throws -> [String] {
      let finding = try #require(
        try objects("findings", page(report, showsAddresses: showsAddresses)).first {
          $0["kind"] as? String == "idle_timeout"
        })
      return try objects("figures", finding).map { "\($0["label"]!): \($0["value"]!)" }
    }
    #expect(
      try figures(true) == [
        "silence before the end: 5m51s ± 1.0s", "most with 10.2.0.9: 37 of 40",
      ])
    #expect(try figures(false) == ["silence before the end: 5m51s ± 1.0s"])
    let words = Evidence.peers(peers).words(showsAddresses: true)
    #expect(
      words
        == "of 40 connections that broke in the last one to two minutes, 37 with 10.2.0.9, 3 with 10.2.0.7"
    )
    #expect(Evidence.peers(peers).words(showsAddresses: false) == nil)
    #expect(
      Evidence.idleCluster(cluster).words(showsAddresses: false)
        == "12 of the last 13 connections that broke after a silence did after 5m51s ± 1.0s, 7 of them with a request in flight"
    )
  }

  @Test func `how connections ended in the last half hour is told by group`() throws {
    var before = makeSuspiciousReport()
    var history = History()
    let labels = before.groups[0].labels
    func report(_ closed: UInt64, _ timedOut: UInt64) -> Report {
      var counters = GroupCounters()
      counters.ended[.closed] = closed
      counters.ended[.timedOut] = timedOut
      before.groups[0].counters = counters
      return before
    }
    history.record(report(5, 1), at: 0)
    history.record(report(7, 2), at: 1_000_000)
    let now = report(9, 4)
    #expect(history.ended(of: now.groups[0])?[.closed] == 4)
    let table = PageTable(now, [], history)
    let row = try #require(table.rows.first { $0.group.labels == labels })
    let cell = PageColumn.ended.cell(of: row, nil)
    #expect(cell.text == "7" && cell.note == "3 timed out")
    #expect(cell.tooltip == "4 closed in good order, 3 timed out")
    for minute in 1...40 { history.record(now, at: 1_000_000 + Int64(minute) * 60_000) }
    #expect(history.ended(of: now.groups[0])?[.closed] == 0)
  }

  @Test func `findings come in words, with their figures and their trend`() throws {
    let page = try page(makeSuspiciousReport(), makeSuspiciousReport())
    #expect(page["age_seconds"] as? Double == 1.5)
    #expect(page["interval_seconds"] as? Double == 5)
    #expect(
      page["verdict"] as? String
        == "a-worker-with-a-very-long-name-indeed.py gets no answer to connection attempts, server.js has connections stuck in CLOSE-WAIT, server.js is running out of file descriptors, and more"
    )
    #expect(page["faults"] as? Int == 4)
    #expect(
      (page["summary"] as? String)?.hasSuffix("0 sockets in 3 groups, from sock_diag") == true)
    let stuck = try #require(
      try objects("findings", page).first { $0["kind"] as? String == "close_wait" })
    #expect(stuck["title"] as? String == "server.js")
    #expect(stuck["place"] as? String == "shop.service · on port 8080 · pid 28111")
    #expect(stuck["tag"] as? String == "Fault · responsible: the process")
    #expect(stuck["responsible"] as? String == FindingWords.closeWaitResponsible)
    #expect((stuck["steps"] as? [Any])?.isEmpty == false)
    let figures = try objects("figures", stuck).map { "\($0["label"]!): \($0["value"]!)" }
    #expect(
      figures == [
        "stuck, of all in CLOSE-WAIT: 9 of 12", "oldest: 12m11s",
        "file descriptors open: 1,000 of 1,024",
      ])
    #expect(stuck["sockets_title"] as? String == "3 connections in detail")
    #expect((stuck["sockets"] as? [String])?.first?.hasPrefix("pid 28111, fd 30, peer ") == true)
    let trend = try #require(stuck["trend"] as? Object)
    #expect(trend["caption"] as? String == "All CLOSE-WAIT, last 5 min: 12 to 12, now 12")
    #expect(trend["points"] as? [Int] == [12, 12, 12])
    #expect(trend["steps"] as? Int == 30)
  }

  @Test func `a row shows its group, marked by what was found in it`() throws {
    let page = try page(makeSuspiciousReport())
    let rows = try objects("rows", page)
    #expect(rows.map { $0["severity"] as? String } == ["fault", "fault", nil])
    let server = try cells(rows[1], page)
    let process = try #require(server["process"] as? Object)
    #expect(process["text"] as? String == "server.js")
    #expect(process["note"] as? String == "shop.service")
    #expect(server["port"] as? Int == 8080)
    #expect(server["established"] as? Int == 28)
    #expect(server["time_wait"] as? Int == 0)
    let closeWait = try #require(server["close_wait"] as? Object)
    #expect(closeWait["text"] as? String == "12")
    #expect(closeWait["note"] as? String == "12 stuck")
    #expect(closeWait["severity"] as? String == "fault")
    let queue = try #require(server["accept_queue"] as? Object)
    #expect(queue["text"] as? String == "512 of 511")
    let bar = try #require((queue["bars"] as? [[Any]])?.first)
    #expect(bar.first as? Double == 1)
    #expect(bar.last as? String == "fault")
    let worker = try cells(rows[0], page)
    #expect((worker["port"] as? Object)?["text"] as? String == "→ 5432")
    #expect((worker["unsent"] as? Object)?["text"] as? String == "2.6 MB")
    #expect(
      (worker["unsent"] as? Object)?["tooltip"] as? String == "2 connections without progress")
    #expect((worker["other_states"] as? Object)?["note"] as? String == "2 FIN-WAIT-2")
  }

  @Test func `rates cover the time since the baseline, as the findings do`() throws {
    let report = { (segments: UInt64, again: UInt64, busy: UInt64, window: UInt64) in
      var report = makeReport([makeGroup("p", [.established: 1])])
      report.groups[0].counters = GroupCounters()
      report.groups[0].counters?.sentSegments = segments
      report.groups[0].counters?.retransmittedDataSegments = again
      report.groups[0].counters?.sendBusy = busy
      report.groups[0].counters?.receiveWindowLimited = window
      return report
    }
    let earlier = report(1000, 500, 9000, 0)
    let page = try page(earlier, report(1100, 510, 10_000, 750))
    let cells = try cells(try objects("rows", page)[0], page)
    #expect((cells["retransmitted"] as? Object)?["text"] as? String == "10 %")
    #expect((cells["retransmitted"] as? Object)?["severity"] as? String == "fault")
    let limited = try #require(cells["send_limited"] as? Object)
    #expect(limited["text"] as? String == "window 75 %")
    #expect(limited["value"] as? Double == 0.75)
    // What was counted before that is no rate of now.
    let quiet = try self.page(earlier, earlier)
    let quietCells = try self.cells(try objects("rows", quiet)[0], quiet)
    #expect(quietCells["retransmitted"] as? Int == 0)
  }

  @Test func `groups that are empty and blameless have no row`() throws {
    var failed = makeGroup("failed", direction: .outbound, [.synSent: 0])
    failed.counters = GroupCounters()
    failed.counters?.connectFailures[.refused] = 1234
    let page = try page(
      makeReport([makeGroup("gone", [.established: 0]), failed, makeGroup("here", [.listen: 1])]))
    let rows = try objects("rows", page)
    let names = try rows.map { (try cells($0, page)["process"] as? Object)?["text"] as? String }
    #expect(names == ["here", "failed"])
    let attempts = try #require(try cells(rows[1], page)["failed_attempts"] as? Object)
    #expect(attempts["text"] as? String == "1,234")
    #expect(attempts["tooltip"] as? String == "1,234 refused")
  }

  @Test func `who may not see addresses sees none`() throws {
    var report = makeSuspiciousReport()
    report.ephemeralPorts = makeRichReport().ephemeralPorts
    let (shown, hidden) = ("\(try page(report))", "\(try page(report, showsAddresses: false))")
    for address in ["192.0.2.", "[::1]"] {
      #expect(shown.contains(address))
      #expect(!hidden.contains(address))
    }
  }

  @Test func `many findings are cut, and the rest is counted`() throws {
    let groups = (0..<100).map { index in
      var group = makeGroup("server \(index)", [.closeWait: 1])
      group.gauges.stuck[.notClosed] = 1
      return group
    }
    let page = try page(makeReport(groups), showsAddresses: false)
    #expect(try objects("findings", page).count == 60)
    #expect(page["left_out"] as? String == "40 more findings: see sockstated explain.")
    #expect(page["verdict"] as? String == "100 processes have connections stuck in CLOSE-WAIT")
    // Also the rows of those that have no card are marked.
    #expect(try objects("rows", page).allSatisfy { $0["severity"] as? String == "fault" })
  }

  @Test func `the rest of a group's CLOSE-WAIT needs no card beside the stuck ones`() throws {
    var group = makeGroup("p", [.closeWait: 3])
    let kinds = { (group: GroupReport) in
      try self.objects("findings", try self.page(makeReport([group]))).map { $0["kind"] as? String }
    }
    #expect(try kinds(group) == ["half_closed"])
    #expect(try page(makeReport([group]))["verdict"] as? String == "No faults")
    group.gauges.stuck[.dataUnread] = 2
    #expect(try kinds(group) == ["close_wait"])
  }

  @Test func `no two groups have one key, whatever their names are`() throws {
    let page = try page(makeHostileReport())
    let keys = try objects("rows", page).compactMap { $0["key"] as? String }
    #expect(keys.count == hostileNames.count)
    #expect(Set(keys).count == keys.count)
    let split = [("a\", \"b", "c"), ("a", "b\", \"c")].map { process, unit in
      GroupLabels(process: process, unit: unit, direction: .inbound, port: 1).pageKey
    }
    #expect(split[0] != split[1])
  }

  @Test(arguments: everyKind)
  func `every kind of fault has its place in the verdict and on a card`(kind: Finding.Kind) {
    let finding = { (process: String) in
      Finding(
        kind, .fault,
        of: GroupLabels(process: process, unit: "", direction: .outbound, port: 1), [])
    }
    let one = Verdict.text([finding("p.js")])
    let two = Verdict.text([finding("p.js"), finding("q.js")])
    #expect(one.hasPrefix("p.js "))
    #expect(two.hasPrefix("2 processes "))
    // The same process twice is one.
    #expect(Verdict.text([finding("p.js"), finding("p.js")]) == one)
  }
}

extension FindingWords {
  fileprivate static var closeWaitResponsible: String {
    FindingWords(
      Finding(
        .closeWait(.notClosed), .fault,
        of: GroupLabels(process: "", unit: "", direction: .inbound, port: 1), [])
    ).responsible
  }
}
