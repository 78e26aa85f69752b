/// What processes wait for that others do not do: connection attempts without an answer, peers that do not read,
/// connections to a process of this host that neither accepts nor reads.
///
/// A process that passes data on, or asks others before it answers, leaves its own connections as they are meanwhile.
struct JamTable {
  /// Connections of one group that wait.
  struct Jam {
    /// The number of the finding that they wait for.
    var finding: Int
    var kind: Finding.Kind
    var labels: GroupLabels
    var connections: UInt64
    /// ms that the longest has waited; nil if nothing tells.
    var age: Int64?
  }

  private let peers: PeerResolver
  private var jams: [ReportIndex.ProcessKey: [Jam]] = [:]

  init(_ findings: [Finding], _ peers: PeerResolver) {
    self.peers = peers
    var servers: [GroupLabels: Jam] = [:]
    for (number, finding) in findings.enumerated() {
      var jam = Jam(finding: number, kind: finding.kind, labels: finding.labels, connections: 0)
      jam.age = finding.oldestAge
      switch finding.kind {
      case .connectsUnanswered(let reason):
        jam.connections = finding.count
        if reason == .listenerFull { jam.age = nil }
        add(jam)
      case .peerNotReading:
        jam.connections = finding.stalled ?? 0
        add(jam)
      case .acceptQueue where finding.severity == .fault:
        jam.connections = .max
        jam.age = nil
        servers[finding.labels] = jam
      case .unreadData where servers[finding.labels] == nil:
        jam.connections = finding.stalled ?? 0
        servers[finding.labels] = jam
      default: break
      }
    }
    for server in servers.values.sorted(by: { $0.finding < $1.finding }) { addClients(of: server) }
  }

  private mutating func add(_ jam: Jam) {
    guard jam.connections > 0 else { return }
    jams[ReportIndex.ProcessKey(jam.labels, in: jam.labels.netns), default: []].append(jam)
  }

  private mutating func addClients(of server: Jam) {
    for labels in peers.index.clients(of: server.labels)
    where peers.localServers(of: labels).contains(server.labels) {
      let key = ReportIndex.ProcessKey(labels, in: labels.netns)
      // Those whose window is shut are counted already.
      if jams[key]?.contains(where: { $0.labels == labels && $0.kind == .peerNotReading }) == true {
        continue
      }
      var jam = server
      jam.labels = labels
      jam.connections = min(server.connections, peers.index.connections(of: labels))
      add(jam)
    }
  }

  /// What most of the connections wait for that the process of a finding has elsewhere, if at least so many wait.
  /// - Parameter isCause: whether the finding may follow from it.
  func cause(of finding: Finding, atLeast count: UInt64, _ isCause: (Jam) -> Bool) -> Int? {
    var all: UInt64 = 0
    var most: Jam?
    let key = ReportIndex.ProcessKey(finding.labels, in: finding.labels.netns)
    for jam in jams[key] ?? [] where jam.labels != finding.labels && isCause(jam) {
      guard peers.mayBeOfOneProcess(jam.labels, finding.labels) else { continue }
      all += jam.connections
      if jam.connections > most?.connections ?? 0 { most = jam }
    }
    return count > 0 && all >= count ? most?.finding : nil
  }
}

extension JamTable.Jam {
  /// Whether a socket that is left open for so long may wait for it. How often a SYN or a probe was sent again tells
  /// the time only to a half.
  func isAsOld(as age: Int64?) -> Bool {
    guard let own = self.age, let age else { return true }
    return age <= 2 * own + Thresholds.synTimeout
  }
}

extension Finding {
  /// How many connections make no progress.
  var stalled: UInt64? {
    evidence.lazy.compactMap { if case .stalled(_, let count, _) = $0 { count } else { nil } }.first
  }
}
