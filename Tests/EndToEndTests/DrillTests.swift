import Foundation
import Testing

extension Incidents {
  /// Incidents that nobody explains: the first thing that is said names who has to act.
  @Suite("Drill", .enabled(if: Tool.has("nft"), "nft is not installed"))
  struct Drill {
    private struct Answer: Decodable, Equatable {
      var process: String
      var responsible: String
    }

    private struct Explanation: Decodable {
      struct Finding: Decodable {
        var process: String
        var kind: String
        var severity: String
        var responsible: String
      }
      var findings: [Finding]
    }

    /// What is told first of the faults; nil while there are none.
    private func first(_ daemon: Daemon) async throws -> Answer? {
      let explain = try await daemon.program.namespace.result(
        [Daemon.binary, "explain", "--json", "--connect=unix:\(daemon.socket)"])
      guard explain.end == .exited(0) else { throw Child.Failure(description: explain.errors) }
      let told = try JSONDecoder().decode(Explanation.self, from: Data(explain.outputBytes))
      return told.findings.first { $0.severity == "fault" }
        .map { Answer(process: $0.process, responsible: $0.responsible) }
    }

    @Test(arguments: 0..<12)
    func `the first line names the process and the party that have to act`(number: Int) async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        let drill = try await namespace.start(
          "python3", "drill.py", directory.path, "\(number)")
        // What is said at the first moment of a fault has to hold: at five looks in a row.
        var told: [Answer] = []
        let _: Bool = try await eventually("a fault", within: .seconds(300)) {
          if let answer = try await first(daemon) { told.append(answer) } else { told = [] }
          return told.count >= 5 ? true : nil
        }
        drill.child.send("reveal\n")
        let line = try await drill.child.line("who it was") { $0.hasPrefix("{") }
        let truth = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        #expect(told.allSatisfy { $0 == truth }, "\(told), but it was \(truth)")
        let page = try #require(try await daemon.get("/_/page")).text
        #expect(page.contains(truth.process))
      }
    }

    /// Behind a proxy whose clients have given up: what it keeps open longer than anybody waits is no leak of its own.
    @Test func `who waits for a full listener is no leaker after a minute`() async throws {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory, interval: "1s")
        let drill = try await namespace.start("python3", "drill.py", directory.path, "2")
        drill.child.send("reveal\n")
        let line = try await drill.child.line("who it was") { $0.hasPrefix("{") }
        let truth = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        let stuck = try await daemon.metrics("what the proxy has not closed for a minute") {
          $0.sum("close_wait_stuck_sockets", ["cause": "not_closed"])
            + $0.sum("close_wait_stuck_sockets", ["cause": "end_unread"]) >= 3
        }
        let later = try await daemon.metrics("more polls") { $0.polls > stuck.polls + 5 }
        for metrics in [stuck, later] {
          let faults = metrics.samples("findings", ["severity": "fault"]).filter { $0.value == 1 }
          #expect(Set(faults.map { $0.label("process") }) == [truth.process], "\(faults)")
        }
      }
    }
  }
}
