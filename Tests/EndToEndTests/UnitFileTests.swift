import Foundation
import Testing

/// The units that ship, as systemd reads them.
@Suite(.enabled(if: Tool.has("systemd-analyze"), "systemd-analyze is not installed"))
struct UnitFile {
  private static let service = "systemd/sockstated.service"
  private static let hasSeccomp = Tool.succeeds([
    "python3", "-c", "import ctypes; ctypes.CDLL('libseccomp.so.2')",
  ])

  /// Lets `systemd-analyze` judge the units, with a program in ExecStart that exists here.
  private func analyze(_ arguments: String..., units: [String] = [service]) async throws -> Child {
    try await Directory.with { directory in
      let copies = try units.map {
        let text = try ShippedFile.text($0)
        return try directory.write(
          URL(filePath: $0).lastPathComponent,
          text.replacing("/usr/bin/sockstated", with: Daemon.binary))
      }
      let child = try Child(["systemd-analyze"] + arguments + copies)
      try await child.ended()
      return child
    }
  }

  @Test func `systemd knows every directive`() async throws {
    let child = try await analyze(
      "verify", "--man=no", "--recursive-errors=yes",
      units: [Self.service, "systemd/sockstated.socket"])
    // It also reads the units that ours depends on, and complains about those of this machine.
    let complaints = (child.output + child.errors).split(separator: "\n")
      .filter { $0.contains("sockstated.") }
    #expect(complaints == [])
  }

  @Test func `the loader's unit is known too, and its exposure is at most 1.5`() async throws {
    let unit = ["systemd/sockstated-bpf.service"]
    // Its program is not where the unit has it, if it is built at all.
    let verified = try await analyze("verify", "--man=no", units: unit)
    let complaints = (verified.output + verified.errors).split(separator: "\n")
      .filter { $0.contains("sockstated-bpf.service") && !$0.contains("is not executable") }
    #expect(complaints == [])
    let child = try await analyze(
      "security", "--offline=true", "--threshold=15", "--no-pager", units: unit)
    #expect(child.end == .exited(0), "\(child.output)\(child.errors)")
  }

  @Test func `its exposure is at most 1.9`() async throws {
    let child = try await analyze("security", "--offline=true", "--threshold=19", "--no-pager")
    #expect(child.end == .exited(0), "\(child.output)\(child.errors)")
  }

  @Test func `a comment gives the reason for each directive that stays open`() async throws {
    struct Directive: Decodable {
      let set: Bool?
      let name: String
      let exposure: String?
    }
    let child = try await analyze("security", "--offline=true", "--json=short", "--no-pager")
    let directives = try JSONDecoder().decode([Directive].self, from: Data(child.outputBytes))
    let open = directives.filter { $0.set == false && $0.exposure != nil }
    #expect(!open.isEmpty)
    let comments = try ShippedFile.text(Self.service).split(separator: "\n")
      .filter { $0.hasPrefix("#") }.joined(separator: "\n")
    for directive in open {
      // `CapabilityBoundingSet=~CAP_SYS_PTRACE` is about the capability, `ProcSubset=` about itself.
      let subject = directive.name.split(separator: "=~").last ?? ""
      let words = subject.matches(of: /[A-Za-z0-9_]+/).map(\.output)
        .filter { $0 != "CAP_" && $0 != "AF_" }
      #expect(words.contains { comments.contains($0) }, "no reason for \(directive.name)")
    }
  }

  @Test(
    .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"),
    .enabled(if: hasSeccomp, "libseccomp is not installed"))
  func `the daemon runs and ends under its system call filter, which kills what does more`()
    async throws
  {
    let launcher = [
      "python3", Tool.program("under-filter.py"), ShippedFile.path(Self.service),
    ]
    let chroot = try Child(launcher + ["python3", "-c", "import os; os.chroot('/')"])
    #expect(try await chroot.ended() == .signalled(SIGSYS))
    try await withSandbox { namespace, directory in
      _ = try await namespace.start("python3", "accept.py", "patient", "127.0.0.1", "8001")
      let daemon = try await Daemon.start(
        in: namespace, directory: directory, launcher: launcher)
      #expect(try await daemon.freshMetrics().counts == ["listen": 1])
      let status = try await namespace.run("cat", "/proc/\(daemon.program.pid)/status")
      #expect(status.contains("Seccomp:\t2\n"))
      try await daemon.program.signal("TERM")
      #expect(try await daemon.program.child.ended() == .exited(0))
    }
  }
}
