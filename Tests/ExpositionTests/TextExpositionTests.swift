import SeededRandom
import Testing

@testable import Exposition
@testable import SocketStates

@Suite struct TextExpositionTests {
  @Test(arguments: ExpositionFormat.allCases, 0..<40 as Range<UInt64>)
  func `generated reports are valid`(format: ExpositionFormat, seed: UInt64) throws {
    let report = makeGeneratedReport(seed: seed)
    let samples = try checkExposition(render(report, as: format), as: format)
    let sockets = samples.filter { $0.name == "sockstate_sockets" }
    let expected = report.groups.reduce(0) { sum, group in
      sum + TCPState.allCases.filter { group.statesSeen.contains($0) }.count
    }
    #expect(sockets.count == expected)
  }

  @Test(arguments: ExpositionFormat.allCases)
  func `every family has samples in a rich report`(format: ExpositionFormat) throws {
    let names = Set(
      try checkExposition(render(makeRichReport(), as: format), as: format).map(\.name))
    for family in MetricFamily.all {
      #expect(names.contains(family.kind == .histogram ? family.name + "_count" : family.name))
    }
  }

  @Test(arguments: ExpositionFormat.allCases, hostileNames)
  func `hostile names survive the text format`(format: ExpositionFormat, name: String) throws {
    let report = makeReport([makeGroup(name, unit: name, [.established: 1])])
    let samples = try checkExposition(render(report, as: format), as: format)
    let sample = try #require(samples.first { $0.name == "sockstate_sockets" })
    let scalars = Array(name.visible.unicodeScalars)
    #expect(Array(sample.labels["process"]!.unicodeScalars) == scalars)
    #expect(Array(sample.labels["unit"]!.unicodeScalars) == scalars)
  }

  @Test func `labels come in order`() {
    let group = makeGroup(
      "a", unit: "b.service", direction: .outbound, port: nil, pid: 7, [.synSent: 3])
    let line =
      #"sockstate_sockets{process="a",unit="b.service",direction="outbound",port="other",pid="7",state="syn_sent"} 3"#
    #expect(render(makeReport([group])).contains("\n" + line + "\n"))
  }

  @Test func `queues follow the states ever seen`() {
    let cases: [(GroupReport, bytes: Bool, accept: Bool)] = [
      (makeGroup("a", [.listen: 0]), false, true),
      (makeGroup("a", [.established: 0]), true, false),
      (makeGroup("a", [.established: 1, .listen: 1]), true, true),
      (makeGroup("a", [:]), false, false),
    ]
    for (group, bytes, accept) in cases {
      let text = render(makeReport([group]))
      #expect(text.contains("sockstate_receive_queue_bytes{") == bytes)
      #expect(text.contains("sockstate_send_queue_bytes{") == bytes)
      #expect(text.contains("sockstate_accept_queue_length{") == accept)
      #expect(text.contains("sockstate_accept_queue_limit{") == accept)
    }
  }

  @Test func `what is not known is absent`() {
    let text = render(makeReport([]))
    for name in [
      "sockstate_host_", "sockstate_destroy_events", "process_", "sockstate_sockets",
      "sockstate_unattributed_sockets",
    ] {
      #expect(!text.contains("# TYPE " + name))
    }
    #expect(text.contains("\nsockstate_polls_total{result=\"failure\"} 0\n"))
  }

  @Test(arguments: MetricFamily.all.compactMap(\.shortName))
  func `a disabled family leaves no trace`(name: String) {
    let text = render(makeRichReport(), disabled: [name])
    #expect(!text.contains(" sockstate_\(name) "))
    #expect(text.contains("# TYPE sockstate_") && text.contains("process_open_fds 12\n"))
  }

  @Test func `OpenMetrics names families without suffix`() {
    let text = render(makeRichReport(), as: .openMetrics)
    #expect(text.contains("# TYPE sockstate_build info\n"))
    #expect(text.contains("\nsockstate_build_info{version=\"1.2.3\","))
    #expect(text.contains("# TYPE sockstate_poll_cpu_seconds counter\n"))
    #expect(text.contains("# UNIT sockstate_poll_cpu_seconds seconds\n"))
    #expect(text.contains("\nsockstate_poll_cpu_seconds_total 0.125\n"))
    #expect(text.hasSuffix("\n# EOF\n"))
  }

  @Test func `a new text replaces the buffer`() {
    var exposition = TextExposition(build: sampleBuild)
    var bytes = Array("rubbish".utf8)
    exposition.render(makeRichReport(), as: .openMetrics, into: &bytes)
    exposition.render(makeReport([]), as: .text, into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == render(makeReport([])))
  }

  @Test func `histograms are cumulated`() {
    let text = render(makeRichReport())
    #expect(text.contains("sockstate_poll_duration_seconds_bucket{le=\"0.25\"} 1\n"))
    #expect(text.contains("sockstate_poll_duration_seconds_bucket{le=\"1.0\"} 2\n"))
    #expect(text.contains("sockstate_poll_duration_seconds_bucket{le=\"+Inf\"} 3\n"))
    #expect(text.contains("sockstate_poll_duration_seconds_count 3\n"))
  }
}

@Suite struct MetricFamilyTests {
  @Test func `names are unique and fit their kind`() {
    #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
    #expect(Set(MetricFamily.all.map(\.baseName)).count == MetricFamily.all.count)
    for family in MetricFamily.all {
      #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
      #expect(!family.help.isEmpty && family.help.last == ".")
    }
  }

  @Test func `known names lack the prefix`() {
    #expect(MetricFamily.knownNames.contains("host_listen_drops_total"))
    #expect(!MetricFamily.knownNames.contains { $0.hasPrefix("sockstate_") })
    let own = MetricFamily.all.filter { $0.name.hasPrefix("process_") }
    #expect(own.count == 7)
    #expect(own.allSatisfy { $0.shortName == nil })
  }
}

@Suite struct ByteWritingTests {
  @Test(arguments: [
    (0 as Int64, "0"), (7, "7"), (10, "10"), (99, "99"), (100, "100"), (1_234_567, "1234567"),
    (-1, "-1"), (.max, "9223372036854775807"),
    (.min, "-9223372036854775808"),
  ])
  func `an integer is written in full`(value: Int64, text: String) {
    var bytes: [UInt8] = []
    bytes.append(decimal: value)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test(arguments: [
    (0.0, "0.0"), (0.1, "0.1"), (1e21, "1e+21"), (-2.5, "-2.5"), (.infinity, "+Inf"),
    (-.infinity, "-Inf"), (.nan, "NaN"),
  ])
  func `a double is written as the format wants it`(value: Double, text: String) {
    #expect(value.prometheusText == text)
  }

  @Test func `whole numbers of every length are written in full`() {
    var random = SplitMix64(state: 7)
    var values: [UInt64] = [.max, .max - 1]
    var power: UInt64 = 1
    for digits in 1...20 {
      values += [power - 1, power, power + 1]
      let end = digits < 20 ? power * 10 : .max
      for _ in 0..<1_000 { values.append(.random(in: power..<end, using: &random)) }
      power = end
    }
    for value in values {
      var number: [UInt8] = []
      number.append(decimal: value)
      #expect(String(decoding: number, as: UTF8.self) == String(value))
    }
  }

  @Test(arguments: [(true, #"a\\b\\u{a}c\"d"#), (false, #"a\\b\\u{a}c"d"#)])
  func `quotes, backslashes and what is not visible are escaped`(quotes: Bool, text: String) {
    var bytes: [UInt8] = []
    bytes.append("a\\b\nc\"d", escapingQuotes: quotes)
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }
}
