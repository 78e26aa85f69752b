package import SocketStates

/// A finding as another host tells it.
package struct PeerFinding: Sendable {
  /// ``Finding/Kind/label``, or what a newer daemon calls one.
  package var kind: String
  /// The value `cause`; empty if there is none.
  package var cause: String
  package var severity: Finding.Severity
  package var labels: GroupLabels
  package var pid: Int32?
  /// The finding of the same host that it follows from.
  package var follows: Reference?
  package var headline: String
  /// What shows it, in words.
  package var evidence: [String]
  /// What keeps the process from running: `db.py (pid 812) is stopped (SIGSTOP)`.
  package var condition: String?
  /// Some of its sockets.
  package var sockets: [SocketReport]
  /// Where its connections or attempts lead to, without those of ``sockets``.
  package var destinations: [Endpoint]

  /// One of each kind, of one group; of all processes of its name.
  package struct Reference: Hashable, Sendable {
    var kind: String
    var labels: GroupLabels
  }

  package var reference: Reference { Reference(kind: kind, labels: labels) }

  init(_ document: FindingDocument) {
    kind = document.kind.text
    cause = document.cause?.text ?? ""
    severity =
      switch document.severity.text {
      case Finding.Severity.fault.label: .fault
      case Finding.Severity.notice.label: .notice
      default: .normal
      }
    labels = document.labels.value
    pid = document.labels.pid
    follows = document.follows.map { Reference(kind: $0.kind.text, labels: $0.labels.value) }
    headline = document.words.headline.text
    let shown = (document.evidence ?? []).prefix(32)
    evidence = shown.compactMap { $0.socket == nil ? $0.words?.text : nil }
    condition = shown.first { $0.condition != nil }?.words?.text
    sockets = shown.compactMap { $0.socket.flatMap { SocketReport($0) } }
    let port = labels.port ?? 0
    destinations = shown.flatMap { evidence in
      [evidence.destination.flatMap { WrittenEndpoint($0.text)?.endpoint }].compactMap(\.self)
        + (evidence.peers ?? []).prefix(8).compactMap {
          Address($0.address.text).map { Endpoint(address: $0, port: port) }
        }
    }
  }

  /// `db.py (pid 812)`.
  package var process: String { labels.process.with(pid: pid) }
}
