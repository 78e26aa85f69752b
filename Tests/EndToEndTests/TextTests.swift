import Foundation
import Testing

extension EndToEnd {
  @Suite struct Text {
    /// A daemon with something to tell, and the bytes of its metrics.
    private func scrape() async throws -> [UInt8] {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        try await daemon.metrics("the sockets") { $0.counts == ["listen": 1, "established": 4] }
        return try #require(try await daemon.get("/metrics")).body
      }
    }

    @Test(
      .enabled(if: Tool.has("promtool"), "promtool is not installed"))
    func `promtool finds nothing to say`() async throws {
      let child = try Child(["promtool", "check", "metrics"])
      child.send(String(decoding: try await scrape(), as: UTF8.self), andClose: true)
      #expect(try await child.ended() == .exited(0))
      #expect(child.output + child.errors == "")
    }

    /// What `read-metrics.py` prints of a sample.
    private struct ReadSample: Decodable {
      let name: String
      let labels: [String: String]
      let value: String
    }

    @Test(
      .enabled(if: Tool.hasPrometheusClient, "Python's prometheus-client is not installed"))
    func `Python's prometheus-client reads what our reader reads`() async throws {
      let bytes = try await scrape()
      let child = try Child(["python3", Tool.program("read-metrics.py")])
      child.send(String(decoding: bytes, as: UTF8.self), andClose: true)
      #expect(try await child.ended() == .exited(0), "\(child.errors)")
      let read = try JSONDecoder().decode([ReadSample].self, from: Data(child.outputBytes))
      let theirs = try read.map {
        Sample(
          series: .init(name: $0.name, labels: $0.labels),
          value: try #require(Double($0.value.replacing("inf", with: "infinity"))))
      }
      #expect(Set(theirs) == Set(try TextFormat.samples(bytes)))
    }

    @Test(
      .enabled(if: Tool.has("perl"), "perl is not installed"))
    func `a process with a hostile name gives valid output`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        _ = try await namespace.start("sh", "hostile-name.sh", directory.path, "8001")
        let metrics = try await daemon.metrics("the listener") { $0.counts == ["listen": 1] }
        let process = try #require(metrics.groups.keys.first).process
        #expect(process.hasPrefix(#"a"b\c\u{a}d😀e"#))
        #expect(process.hasSuffix("f"))
        let json = try await namespace.run(Daemon.binary, "snapshot", "--json")
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.utf8)) }
      }
    }
  }
}
