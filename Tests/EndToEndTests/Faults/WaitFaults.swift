import Foundation
import Testing

extension Faults {
  /// What makes a reader wait for as long as somebody else likes.
  @Suite struct Waits {
    struct Place: CustomTestStringConvertible, Sendable {
      let testDescription: String
      /// The arguments; FIFO stands for the path of one, WEB for a web configuration that names it.
      let arguments: [String]
      /// The web configuration.
      var web = ""
    }

    static let places = [
      Place(testDescription: "configuration", arguments: ["--config.file=FIFO"]),
      Place(
        testDescription: "configuration of a command",
        arguments: ["snapshot", "--config.file=FIFO"]),
      Place(testDescription: "configuration to check", arguments: ["check-config", "FIFO"]),
      Place(testDescription: "web configuration", arguments: ["--web.config.file=FIFO"]),
      Place(
        testDescription: "certificate", arguments: ["--web.config.file=WEB"],
        web: "tls_server_config: {cert_file: FIFO, key_file: /nowhere}\n"),
      Place(
        testDescription: "private key", arguments: ["--web.config.file=WEB"],
        web: "tls_server_config: {cert_file: /nowhere, key_file: FIFO}\n"),
      Place(
        testDescription: "authorities of a command",
        arguments: ["snapshot", "--connect=https://127.0.0.1:1", "--ca-file=FIFO"]),
      Place(
        testDescription: "password of a command",
        arguments: ["snapshot", "--connect=http://127.0.0.1:1", "--user=u", "--password-file=FIFO"]),
    ]

    @Test(arguments: places)
    func `a FIFO in place of a file is an error that names it`(place: Place) async throws {
      try await withSandbox { namespace, directory in
        let fifo = directory.file("fifo")
        try await namespace.run("mkfifo", fifo)
        let web = try directory.write("web.yaml", place.web.replacing("FIFO", with: fifo))
        let child = try await namespace.result(
          [Daemon.binary]
            + place.arguments.map { $0.replacing("FIFO", with: fifo).replacing("WEB", with: web) })
        #expect(child.end == .exited(2))
        #expect(child.errors.contains("\(fifo): cannot read: "), "\(child.errors)")
      }
    }

    @Test func `a pipe that somebody writes to is a configuration`() async throws {
      try await withSandbox { namespace, _ in
        let child = try await namespace.result([
          "bash", "-c", "\(Daemon.binary) check-config <(sleep 1; echo 'limits: {groups: 5}')",
        ])
        #expect(child.end == .exited(0), "\(child.errors)")
      }
    }

    @Test func `a FIFO in place of a file that is read again holds nothing up`() async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "limits:\n  groups: 100\n")
        let web = try directory.write("web.yaml", "http_server_config: {http2: true}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)", "--web.config.file=\(web)")
        let survival = try await Survival(of: daemon)
        for path in [file, web] { try await namespace.run("sh", "-c", "rm $0; mkfifo $0", path) }
        try await daemon.program.signal("HUP")
        try await daemon.metrics("the refusal") {
          $0.value("sockstate_config_last_reload_successful") == 0
        }
        try await survival.check()
        try await daemon.logs("\(web): cannot read: not a regular file")
        try await daemon.program.signal("TERM")
        #expect(try await daemon.program.child.ended() == .exited(0))
      }
    }

    @Test func `a name server that does not answer is waited for so long and no longer`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write(
          "resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        // Somebody takes the questions and says nothing.
        let silent = try await namespace.start([
          "python3", "-c",
          "import signal, socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind((\"127.0.0.1\", 53)); print(\"ready\", flush=True); signal.pause()",
        ])
        try await silent.says("ready")
        try await namespace.run("mount", "--bind", file, "/etc/resolv.conf")
        let child = try await namespace.result([
          Daemon.binary, "snapshot", "--connect=http://daemon.example:10793",
        ])
        #expect(child.end == .exited(1))
        #expect(child.errors.contains("connection attempt timed out"), "\(child.errors)")
      }
    }
  }
}
