import Foundation
import Testing

extension EndToEnd {
  @Suite struct Snapshot {
    private func snapshot(_ arguments: String...) async throws -> String {
      try await withSandbox { namespace, _ in
        _ = try await namespace.start("python3", "server.py", "patient", "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "2")
        let child = try await namespace.result([Daemon.binary, "snapshot"] + arguments)
        #expect(child.end == .exited(0), "\(child.errors)")
        return child.output
      }
    }

    @Test("the table names processes and ports")
    func table() async throws {
      let lines = try await snapshot().split(separator: "\n")
      for process in ["server.py", "client.py"] {
        #expect(lines.contains { $0.contains(process) && $0.contains("8001") }, "\(lines)")
      }
    }

    @Test("the JSON holds the same")
    func json() async throws {
      let text = try await snapshot("--json")
      #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
      for value in ["server.py", "client.py", "inbound", "outbound", "8001"] {
        #expect(text.contains("\"\(value)\"") || text.contains(":\(value)"), "\(value)")
      }
    }
  }
}
