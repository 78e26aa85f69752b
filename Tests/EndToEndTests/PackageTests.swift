import Foundation
import Testing

/// What is installed beside the binary: made from the program's own words about its commands.
@Suite struct Package {
  /// What `--experimental-dump-help` of swift-argument-parser says of a command.
  private struct Command: Decodable {
    struct Argument: Decodable {
      struct Name: Decodable {
        let kind: String
        let name: String
      }
      let names: [Name]?
      let shouldDisplay: Bool
      let abstract: String?
    }
    let commandName: String
    let abstract: String?
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// This command and all below it, each with the words that call it.
    func all(_ path: [String] = []) -> [(path: [String], command: Command)] {
      let path = path + [commandName]
      return [(path, self)] + (subcommands ?? []).flatMap { $0.all(path) }
    }
  }

  private struct Dump: Decodable {
    let command: Command
  }

  private func commands() async throws -> [(path: [String], command: Command)] {
    let child = try Child([Daemon.binary, "--experimental-dump-help"])
    try await child.ended()
    return try JSONDecoder().decode(Dump.self, from: Data(child.outputBytes)).command.all()
  }

  private func installed(in directory: Directory) async throws -> Child {
    let child = try Child([
      "env", "PREFIX=/opt/test", "SYSCONFDIR=/opt/etc", "UNITDIR=/opt/units", "STRIP=0",
      "DESTDIR=\(directory.path)", ShippedFile.path("scripts/install.sh"), Daemon.binary,
    ])
    #expect(try await child.ended() == .exited(0), "\(child.errors)")
    return child
  }

  @Test(
    .enabled(if: Tool.has(KernelCounters.binary), "sockstated-bpf is not built (libbpf-dev)"))
  func `the loader is installed with its unit and a man page that man can read`() async throws {
    try await Directory.with { directory in
      let child = try Child([
        "env", "PREFIX=/opt/test", "UNITDIR=/opt/units", "STRIP=0", "DESTDIR=\(directory.path)",
        ShippedFile.path("scripts/install-bpf.sh"), KernelCounters.binary,
      ])
      #expect(try await child.ended() == .exited(0), "\(child.errors)")
      let unit = try String(
        contentsOfFile: directory.file("opt/units/sockstated-bpf.service"), encoding: .utf8)
      #expect(unit.contains("ExecStart=/opt/test/bin/sockstated-bpf load"))
      guard Tool.has("man") else { return }
      let page = directory.file("opt/test/share/man/man8/sockstated-bpf.8.gz")
      let man = try Child(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page])
      #expect(try await man.ended() == .exited(0))
      #expect(man.errors == "")
      #expect(!man.output.isEmpty)
    }
  }

  @Test func `every command and option is in the man page, with what it is`() async throws {
    let page = try Child([
      ShippedFile.path("scripts/man-page.py"), Daemon.binary,
      ShippedFile.path("docs/sockstated.8.in"),
    ])
    #expect(try await page.ended() == .exited(0), "\(page.errors)")
    // As it is read: without fonts, with the characters that roff's escapes stand for.
    let text = page.output.replacing(/\\f[A-Z]/, with: "").replacing("\\-", with: "-")
      .replacing("\\(aq", with: "'")
    let commands = try await commands()
    #expect(commands.count > 3)
    for (path, command) in commands {
      if (command.subcommands ?? []).isEmpty {
        #expect(text.contains("\n.SS \(path.joined(separator: " "))\n\(command.abstract ?? "")\n"))
      }
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for name in argument.names ?? [] {
          let option = (name.kind == "long" ? "--" : "-") + name.name
          let line = text.split(separator: "\n").first { line in
            line.split(separator: ", ").contains { $0 == option || $0.hasPrefix("\(option) ") }
          }
          #expect(line != nil, "\(option) is not in the man page")
        }
        if let abstract = argument.abstract { #expect(text.contains(abstract)) }
      }
    }
    #expect(text.firstMatch(of: /@[A-Z]+@/) == nil)
  }

  @Test(
    .enabled(if: Tool.has("man"), "man is not installed"))
  func `man reads its page without a complaint`() async throws {
    try await Directory.with { directory in
      _ = try await installed(in: directory)
      let page = directory.file("opt/test/share/man/man8/sockstated.8.gz")
      let man = try Child(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", page])
      #expect(try await man.ended() == .exited(0))
      // Some flags are longer than a line of their column, and are not to be broken.
      let errors = man.errors.split(separator: "\n").filter { !$0.hasSuffix("can't break line") }
      #expect(errors == [])
      #expect(!man.output.isEmpty)
    }
  }

  @Test(
    arguments: [
      ("bash", "share/bash-completion/completions/sockstated"),
      ("zsh", "share/zsh/site-functions/_sockstated"),
      ("fish", "share/fish/vendor_completions.d/sockstated.fish"),
    ])
  func `the shells can read the completions`(shell: String, file: String) async throws {
    try await Directory.with { directory in
      _ = try await installed(in: directory)
      let path = directory.file("opt/test/\(file)")
      let text = try String(contentsOfFile: path, encoding: .utf8)
      for (path, _) in try await commands().dropFirst() {
        #expect(text.contains(path[path.count - 1]))
      }
      guard Tool.has(shell) else { return }
      let check = try Child([shell, "-n", path])
      #expect(try await check.ended() == .exited(0), "\(check.errors)")
    }
  }

  @Test func `bash completes commands, options and what they take`() async throws {
    try await Directory.with { directory in
      _ = try await installed(in: directory)
      let script = directory.file("opt/test/share/bash-completion/completions/sockstated")
      for (typed, expected) in [
        ("sockstated sna", "snapshot"), ("sockstated serve --poll", "--poll.interval"),
        ("sockstated serve --log.format js", "json"),
      ] {
        let words = typed.split(separator: " ")
        let shell = try Child(
          [
            "bash", "-c",
            """
            PATH=$2:$PATH; . "$1"; shift 2
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9
            COMP_POINT=${#COMP_LINE}
            $(complete -p sockstated | sed 's/.*-F \\([^ ]*\\).*/\\1/') sockstated "${@: -1}" "${@: -2:1}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """, "bash", script, directory.file("opt/test/bin"),
          ] + words.map(String.init))
        try await shell.ended()
        let offers = shell.output.split(separator: "\n")
          .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(offers.contains(expected), "\(typed): \(offers) \(shell.errors)")
      }
    }
  }

  @Test func `what is installed points to where it is installed; configuration is kept`()
    async throws
  {
    try await Directory.with { directory in
      _ = try await installed(in: directory)
      let unit = try String(
        contentsOfFile: directory.file("opt/units/sockstated.service"), encoding: .utf8)
      let start = "/opt/test/bin/sockstated --config.file=/opt/etc/sockstated/sockstated.yaml $ARGS"
      #expect(unit.contains("\nExecStart=\(start)\n"))
      #expect(unit.contains("\nEnvironmentFile=-/opt/etc/default/sockstated\n"))
      #expect(!unit.contains("/usr/"))
      let configuration = directory.file("opt/etc/sockstated/sockstated.yaml")
      try "log: {level: debug}\n".write(toFile: configuration, atomically: true, encoding: .utf8)
      let again = try await installed(in: directory)
      #expect(again.output.contains("kept \(configuration)"))
      let kept = try String(contentsOfFile: configuration, encoding: .utf8)
      #expect(kept == "log: {level: debug}\n")
    }
  }
}
