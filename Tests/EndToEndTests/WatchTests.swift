import Testing

extension EndToEnd {
  @Suite(
    "watch", .enabled(if: Terminal.isPossible, "tmux is not installed"),
    .enabled(if: Tool.has("node"), "node is not installed"))
  struct Watch {
    /// Starts `watch` beside a leaking server and lets `body` use it.
    private func watching(
      _ arguments: String = "", _ body: (Terminal, Namespace) async throws -> Void
    ) async throws {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        try await Terminal.with(in: namespace, columns: 100, rows: 30) { terminal in
          try await terminal.run("stty -g >\(directory.file("before"))")
          try await terminal.run(
            "\(Daemon.binary) watch --interval 200ms --config.file \(file) \(arguments); echo \"ended $?\""
          )
          try await terminal.shows("the leak") { lines in
            lines.contains { $0.hasPrefix("FAULT: 3 connections on port 8001") }
              && lines.contains { $0.contains("not_closed") }
          }
          try await body(terminal, namespace)
          try await prompts(terminal)
          try await terminal.run("stty -g >\(directory.file("after"))")
          try await terminal.run("echo all; echo over")
          try await terminal.shows("the shell") { $0.contains("over") }
          let before = try await namespace.run("cat", directory.file("before"))
          #expect(try await namespace.run("cat", directory.file("after")) == before)
          #expect(try await terminal.variable("alternate_on") == "0")
          #expect(try await terminal.variable("cursor_flag") == "1")
        }
      }
    }

    /// Waits until the shell asks for a command: what is typed before that is thrown away.
    private func prompts(_ terminal: Terminal) async throws {
      try await terminal.shows("the shell") { $0.last { !$0.isEmpty } == "$" }
    }

    private func ended(_ terminal: Terminal, with status: Int) async throws {
      try await terminal.shows("the end") { $0.contains("ended \(status)") }
    }

    @Test func `sorts, helps, follows the terminal's size, stops and goes on, and quits with q`()
      async throws
    {
      try await watching { terminal, namespace in
        #expect(try await terminal.variable("alternate_on") == "1")
        // Of a screen that is being drawn a part may be seen.
        _ = try await eventually("a fault in red") {
          try await terminal.screen(escapes: true).first { $0.contains("FAULT") }?.contains("31m")
            == true ? true : nil
        }
        try await terminal.type("s")
        try await terminal.shows("another order") { $0[0].contains("by process") }
        try await terminal.type("S")
        try await terminal.shows("the first order") { $0[0].contains("by severity") }
        try await terminal.type("?")
        try await terminal.shows("help") { $0.contains { $0.hasPrefix("PgUp PgDn") } }
        try await terminal.type("?")
        for (columns, rows) in [(60, 12), (140, 40)] {
          try await terminal.resize(columns: columns, rows: rows)
          try await terminal.shows("\(columns) columns") { lines in
            // The last line is the keys', wherever it is.
            lines.count > rows - 1 && lines[rows - 1].hasPrefix("q quit")
              && lines.allSatisfy { $0.count <= columns }
              && lines.contains { $0.hasPrefix("leaky-") }
              && (columns > 60 || lines.contains { $0.count == columns && $0.hasSuffix("…") })
          }
        }
        try await terminal.type(" ")
        try await terminal.shows("the pause") { $0[0].contains("PAUSED") }
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "2")
        try await terminal.type(" ")
        try await terminal.shows("what has come meanwhile") { lines in
          lines.contains { $0.hasPrefix("FAULT: 5 connections") }
        }
        try await terminal.press("C-z")
        try await terminal.shows("the shell") { lines in lines.contains { $0.contains("Stopped") } }
        try await terminal.run("fg")
        try await terminal.shows("it again") { lines in
          lines.contains { $0.hasPrefix("FAULT: 5 connections") }
        }
        try await terminal.type("q")
        try await prompts(terminal)
        try await terminal.run("echo \"then $?\"")
        try await terminal.shows("the end") { $0.contains("then 0") }
      }
    }

    @Test func `gives the terminal back when a signal ends it`() async throws {
      try await watching { terminal, _ in
        try await terminal.press("C-c")
      }
      try await watching { terminal, namespace in
        let pid = try await namespace.run("pgrep", "-n", "-f", "sockstated watch")
        try await namespace.run("kill", "-TERM", pid.filter(\.isNumber))
        try await ended(terminal, with: 143)
      }
    }

    @Test func `it shows what a daemon knows, by unix socket and HTTP, and says when it has gone`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let file = try directory.write("c.yaml", "close_wait:\n  stuck_after: 1s\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--config.file=\(file)",
          "--web.listen-address=127.0.0.1:10793")
        _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        _ = try await namespace.start(
          "python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        try await daemon.metrics("the leak") { $0.sum("close_wait_stuck_sockets") == 3 }
        try await Terminal.with(in: namespace, columns: 100, rows: 30) { terminal in
          for address in ["unix:\(daemon.socket)", "http://127.0.0.1:10793"] {
            try await terminal.run(
              "clear; \(Daemon.binary) watch --interval 200ms --connect \(address); echo \"ended $?\""
            )
            try await terminal.shows("the leak by \(address)") { lines in
              lines.contains { $0.hasPrefix("FAULT: 3 connections on port 8001") }
            }
            try await terminal.type("q")
            try await ended(terminal, with: 0)
          }
          try await terminal.run(
            "clear; \(Daemon.binary) watch --interval 200ms --connect unix:\(daemon.socket)")
          try await terminal.shows("the leak") { $0.contains { $0.hasPrefix("FAULT: 3") } }
          try await daemon.program.signal("KILL")
          try await terminal.shows("that nobody answers") { lines in
            lines.joined(separator: " ").contains("connect: Connection refused")
          }
          try await terminal.type("q")
        }
      }
    }

    @Test func `NO_COLOR is obeyed, and without a terminal it says so`() async throws {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("node", "leaky-server.js", "127.0.0.1", "8001")
        try await Terminal.with(in: namespace, columns: 80, rows: 24) { terminal in
          try await terminal.run("NO_COLOR=1 \(Daemon.binary) watch")
          try await terminal.shows("the table") { $0.contains { $0.hasPrefix("leaky-server.js") } }
          #expect(try await !terminal.screen(escapes: true).joined().contains("\u{1b}["))
          try await terminal.type("q")
        }
        let child = try await namespace.result([Daemon.binary, "watch"])
        #expect(child.end == .exited(2))
        #expect(child.errors.contains("wants a terminal"))
      }
    }
  }
}
