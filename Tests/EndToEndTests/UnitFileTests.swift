import Foundation
import Testing

/// The unit that ships, as systemd reads it.
@Suite(.enabled(if: Tool.has("systemd-analyze"), "systemd-analyze is not installed"))
struct UnitFile {
  /// Lets `systemd-analyze` judge the unit, with a program in ExecStart that exists here.
  private func analyze(_ arguments: String...) async throws -> Child {
    try await Directory.with { directory in
      let source = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../systemd/sockstated.service").standardizedFileURL
      let text = try String(contentsOf: source, encoding: .utf8)
      let unit = try directory.write(
        "sockstated.service", text.replacing("/usr/bin/sockstated", with: Daemon.binary))
      let child = try Child(["systemd-analyze"] + arguments + [unit])
      try await child.ended()
      return child
    }
  }

  @Test("systemd knows every directive")
  func verify() async throws {
    let child = try await analyze("verify", "--man=no", "--recursive-errors=yes")
    // It also reads the units that ours depends on, and complains about those of this machine.
    let complaints = (child.output + child.errors).split(separator: "\n")
      .filter { $0.contains("sockstated.service") }
    #expect(complaints == [])
  }

  @Test("its exposure is at most 1.9")
  func exposure() async throws {
    let child = try await analyze("security", "--offline=true", "--threshold=19", "--no-pager")
    #expect(child.end == .exited(0), "\(child.output)\(child.errors)")
  }
}
