import Foundation

/// What `ss` of iproute2 says about the TCP sockets of a namespace: the oracle for counts and owners.
struct SocketStatistics: Equatable {
  struct Socket: Hashable {
    /// As in the label `state`.
    let state: String
    let local: String
    let peer: String
    /// The first owner that `ss` names; nil for sockets without one.
    let pid: Int?

    var localPort: String { Self.port(local) }
    var peerPort: String { Self.port(peer) }
    private static func port(_ endpoint: String) -> String {
      String(
        endpoint[
          (endpoint.lastIndex(of: ":").map(endpoint.index(after:)) ?? endpoint.startIndex)...])
    }
  }

  static let labels = [
    "ESTAB": "established", "SYN-SENT": "syn_sent", "SYN-RECV": "syn_recv",
    "FIN-WAIT-1": "fin_wait1", "FIN-WAIT-2": "fin_wait2", "TIME-WAIT": "time_wait",
    "UNCONN": "close", "CLOSE-WAIT": "close_wait", "LAST-ACK": "last_ack", "LISTEN": "listen",
    "CLOSING": "closing",
  ]

  let sockets: Set<Socket>

  init(in namespace: Namespace) async throws {
    try self.init(parsing: try await namespace.run("ss", "-tanpH"))
  }

  /// Reads lines of `ss -tanpH`.
  init(parsing text: String) throws {
    sockets = Set(
      try text.split(separator: "\n").map { line in
        let columns = line.split(separator: " ", omittingEmptySubsequences: true)
        guard columns.count >= 5, let state = Self.labels[String(columns[0])] else {
          throw Child.Failure(description: "not a line of ss: \(line)")
        }
        return Socket(
          state: state, local: String(columns[3]), peer: String(columns[4]),
          pid: line.firstMatch(of: /pid=([0-9]+)/).flatMap { Int($0.1) })
      })
  }

  /// Sockets by state.
  var counts: [String: Int] {
    Dictionary(sockets.map { ($0.state, 1) }, uniquingKeysWith: +)
  }

  /// The groups that sockets with an owner must be counted in, where programs go by these names.
  func owned(names: [Int: String]) -> [SocketGroup: Int] {
    let listened = Set(sockets.filter { $0.state == "listen" }.map(\.localPort))
    return Dictionary(
      sockets.compactMap { socket -> (SocketGroup, Int)? in
        guard let pid = socket.pid else { return nil }
        let inbound = listened.contains(socket.localPort)
        let group = SocketGroup(
          process: names[pid] ?? "process \(pid)", direction: inbound ? "inbound" : "outbound",
          port: inbound ? socket.localPort : socket.peerPort, state: socket.state)
        return (group, 1)
      }, uniquingKeysWith: +)
  }
}

/// The labels by which tests compare counts.
struct SocketGroup: Hashable {
  var process: String
  var direction: String
  var port: String
  var state: String
}
