import Foundation
import Testing

extension EndToEnd {
  @Suite struct Output {
    /// Runs the program with a pipe that nobody reads as its standard output; says how it ended.
    private static let intoBrokenPipe = [
      "python3", "-c",
      """
      import os, subprocess, sys
      r, w = os.pipe()
      os.close(r)
      print(subprocess.run(sys.argv[2:], stdout=w, restore_signals=sys.argv[1] == "default").returncode)
      """,
    ]

    /// Programs of a name that is not ASCII: a listener, and its client. Gives the listener's name.
    private func strangers(in namespace: Namespace, _ directory: Directory) async throws -> String {
      let program = directory.file("größe.py")
      try await namespace.run("cp", Tool.program("accept.py"), program)
      let server = try await namespace.start(["python3", program, "patient", "127.0.0.1", "8001"])
      try await server.says("ready")
      _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
      return "größe.py"
    }

    @Test(arguments: [
      (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
    ]) func `output that cannot be written is exit status 1 and one line`(
      redirection: String, reason: String
    ) async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let file = try directory.write("c.yaml", "{}\n")
        let connect = "--connect=unix:\(daemon.socket)"
        for arguments in [
          ["snapshot"], ["snapshot", "--json"], ["snapshot", connect],
          ["explain", ":8001", "--for=100ms"], ["explain", ":8001", "--json", connect],
          ["check-config", file], ["--help"], ["--version"], ["help", "watch"],
          ["--generate-completion-script", "bash"],
        ] {
          let child = try await namespace.result(
            ["sh", "-c", "\"$@\" \(redirection)", "sh", Daemon.binary] + arguments)
          #expect(child.end == .exited(1), "\(arguments)")
          #expect(
            child.errors == "sockstated: cannot write to standard output: \(reason)\n",
            "\(arguments)")
        }
      }
    }

    @Test(arguments: ["default", "ignored"])
    func `a reader that has gone ends the program by SIGPIPE, without a word`(signal: String)
      async throws
    {
      try await withSandbox { namespace, directory in
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        for arguments in [
          ["snapshot"], ["--help"], ["snapshot", "--connect=unix:\(daemon.socket)"],
        ] {
          let child = try await namespace.result(
            Self.intoBrokenPipe + [signal, Daemon.binary] + arguments)
          #expect(child.output == "-13\n", "\(arguments)")
          #expect(child.errors == "", "\(arguments)")
        }
      }
    }

    @Test func `where the locale is not UTF-8, all is ASCII and names are escaped`() async throws {
      try await withSandbox { namespace, directory in
        let name = try await strangers(in: namespace, directory)
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        let connect = "--connect=unix:\(daemon.socket)"
        let commands = [
          ["snapshot"], ["snapshot", "--state=established"], ["snapshot", connect],
          ["explain", ":8001", "--for=100ms"], ["explain", ":8001", connect],
        ]
        for (locale, isUTF8) in [
          (["LC_ALL=C", "LC_CTYPE=C.UTF-8", "LANG=C.UTF-8"], false),
          (["LC_ALL=", "LC_CTYPE=POSIX", "LANG=C.UTF-8"], false),
          (["LC_ALL=", "LC_CTYPE=", "LANG=de_DE.ISO-8859-15@euro"], false),
          (["LC_ALL=", "LC_CTYPE=", "LANG="], false),
          (["LC_ALL=", "LC_CTYPE=de_DE.utf8", "LANG=C"], true),
          (["LC_ALL=de_DE.UTF-8@euro", "LC_CTYPE=C", "LANG=C"], true),
        ] {
          for command in commands {
            let child = try await namespace.result(
              ["env"] + locale + ["COLUMNS=100", Daemon.binary] + command)
            #expect(child.end == .exited(0), "\(child.errors)")
            #expect(
              child.output.contains(isUTF8 ? name : #"gr\u{f6}\u{df}e.py"#),
              "\(locale) \(command): \(child.output)")
            #expect(child.outputBytes.allSatisfy { $0 < 0x80 } == !isUTF8, "\(locale) \(command)")
          }
        }
        let failure = try await namespace.result(
          ["env", "LC_ALL=C", Daemon.binary, "explain", "naïve", connect])
        #expect(failure.errors.contains(#"na\u{ef}ve: no TCP socket of that is known"#))
      }
    }

    @Test(.enabled(if: Terminal.isPossible, "tmux is not installed"))
    func `watch draws in ASCII too`() async throws {
      try await withSandbox { namespace, directory in
        _ = try await strangers(in: namespace, directory)
        try await Terminal.with(in: namespace, columns: 100, rows: 20) { terminal in
          try await terminal.run("LC_ALL=C \(Daemon.binary) watch")
          let lines = try await terminal.shows("the table") {
            $0.contains { $0.hasPrefix(#"gr\u{f6}\u{df}e.py"#) }
          }
          #expect(lines.joined().utf8.allSatisfy { $0 < 0x80 }, "\(lines)")
          try await terminal.type("q")
        }
      }
    }

    @Test func `in sixty columns the direction stays`() async throws {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("python3", "accept.py", "idle", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "half-close", "127.0.0.1", "8001", "2")
        let child = try await namespace.result(["env", "COLUMNS=60", Daemon.binary, "snapshot"])
        let lines = child.output.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 }, "\(child.output)")
        let rows = lines.map { $0.split(separator: " ").map(String.init) }
        #expect(rows.contains { $0.first == "accept.py" && $0.contains("in") }, "\(child.output)")
        #expect(rows.contains { $0.first == "client.py" && $0.contains("out") }, "\(child.output)")
      }
    }
  }
}
