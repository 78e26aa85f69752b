import Testing

/// The harness's own readers, which need no daemon.
@Suite struct Harness {
  @Test func `the text reader takes what the format allows`() throws {
    let samples = try TextFormat.samples(
      Array(
        #"""
        # HELP a What it is.
        # TYPE a gauge
        a{x="q\"b\\n\n😀",y=""} 1
        a 2.5e+3
        # a remark

        """#.replacing("\n\n", with: "\n").utf8))
    #expect(
      samples == [
        Sample(series: .init(name: "a", labels: ["x": "q\"b\\n\n😀", "y": ""]), value: 1),
        Sample(series: .init(name: "a", labels: [:]), value: 2500),
      ])
  }

  struct Malformed: CustomTestStringConvertible {
    let testDescription: String
    let text: String
    init(_ name: String, _ text: String) {
      testDescription = name
      self.text = text
    }
  }

  @Test(
    arguments: [
      Malformed("no newline at the end", "# TYPE a gauge\na 1"),
      Malformed("no type", "a 1\n"),
      Malformed("an unknown type", "# TYPE a thing\na 1\n"),
      Malformed("a second type", "# TYPE a gauge\n# TYPE a gauge\n"),
      Malformed("a type for another name", "# TYPE a histogram\nb_count 1\n"),
      Malformed("a series twice", "# TYPE a gauge\na 1\na 2\n"),
      Malformed(
        "a series twice, its labels in another order",
        "# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n"),
      Malformed(
        "a family in two places", "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"\"} 1\n"),
      Malformed("a newline in a value", "# TYPE a gauge\na{x=\"1\n\"} 1\n"),
      Malformed("an unknown escape", "# TYPE a gauge\na{x=\"\\t\"} 1\n"),
      Malformed("a label twice", "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n"),
      Malformed("no comma", "# TYPE a gauge\na{x=\"1\"y=\"2\"} 1\n"),
      Malformed("no closing brace", "# TYPE a gauge\na{x=\"1\" 1\n"),
      Malformed("a value that is no number", "# TYPE a gauge\na one\n"),
      Malformed("a name that begins with a digit", "# TYPE a gauge\n1a 1\n"),
    ])
  func `the text reader refuses what it does not`(row: Malformed) {
    #expect(throws: TextFormat.Problem.self) { try TextFormat.samples(Array(row.text.utf8)) }
  }

  @Test func `the text reader refuses bytes that are not UTF-8`() {
    let bytes = Array("# TYPE a gauge\na{x=\"".utf8) + [0xff] + Array("\"} 1\n".utf8)
    #expect(throws: TextFormat.Problem.self) { try TextFormat.samples(bytes) }
  }

  @Test func `lines of ss become groups`() throws {
    let ss = try SocketStatistics(
      parsing: """
        LISTEN     0      511            [::1]:8002            [::]:*     users:(("node",pid=7,fd=19))
        CLOSE-WAIT 1      0              [::1]:8002           [::1]:40000 users:(("node",pid=7,fd=20))
        FIN-WAIT-2 0      0              [::1]:40000          [::1]:8002  users:(("python3",pid=9,fd=3))
        TIME-WAIT  0      0          127.0.0.1:40001      127.0.0.1:8003

        """)
    #expect(ss.counts == ["listen": 1, "close_wait": 1, "fin_wait2": 1, "time_wait": 1])
    #expect(
      ss.owned(names: [7: "server.js", 9: "client.py"]) == [
        SocketGroup(process: "server.js", direction: "inbound", port: "8002", state: "listen"): 1,
        SocketGroup(process: "server.js", direction: "inbound", port: "8002", state: "close_wait"):
          1,
        SocketGroup(process: "client.py", direction: "outbound", port: "8002", state: "fin_wait2"):
          1,
      ])
  }

  @Test(
    .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
  func `a namespace is empty, and gone with all that ran in it`() async throws {
    let program = try await Namespace.with { namespace in
      #expect(try await SocketStatistics(in: namespace).sockets.isEmpty)
      let program = try await namespace.start(
        "python3", "accept.py", "patient", "127.0.0.1", "8001")
      #expect(try await SocketStatistics(in: namespace).counts == ["listen": 1])
      return program
    }
    #expect(try await program.child.ended() != .exited(0))
  }
}
