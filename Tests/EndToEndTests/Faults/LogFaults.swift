import Foundation
import Testing

extension Faults {
  /// A log that takes nothing more.
  @Suite struct Log {
    struct Sink: CustomTestStringConvertible, Sendable {
      let testDescription: String
      /// Starts the rest of the command with this standard error; $0 is a name for a file.
      let script: String
    }

    static let sinks = [
      Sink(testDescription: "a full disk", script: #"exec "$@" 2>/dev/full"#),
      Sink(testDescription: "a pipe that nobody reads", script: #"mkfifo "$0"; exec "$@" 2<>"$0""#),
      Sink(
        testDescription: "a pipe whose reader has gone",
        script: #"mkfifo "$0"; (: <"$0") & exec "$@" 2>"$0""#),
      Sink(testDescription: "nothing", script: #"exec "$@" 2>&-"#),
    ]

    @Test(arguments: sinks)
    func `a log that cannot be written holds nothing up`(sink: Sink) async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "limits:\n  groups: 100\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory,
          launcher: ["sh", "-c", sink.script, directory.file("log")], "--config.file=\(file)")
        let survival = try await Survival(of: daemon)
        // Each reload says why it failed, in some 1000 bytes: much more than a pipe holds.
        try directory.write("c.yaml", String(repeating: "x", count: 900) + ": 1\n")
        try await namespace.run(
          "sh", "-c", "for i in $(seq 200); do kill -HUP $0; sleep 0.005; done",
          "\(daemon.program.pid)")
        try await daemon.metrics("the refusal") {
          $0.value("sockstate_config_last_reload_successful") == 0
        }
        try await survival.check()
        try await daemon.program.signal("TERM")
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }
  }
}
