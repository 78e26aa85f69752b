package import SocketStates

/// What the sockets of one process or port are doing, who is responsible, and what to do.
package struct Explanation: Sendable {
  /// Whom or what is asked about.
  package enum Subject: Sendable, Equatable {
    case pid(Int32)
    case process(String)
    case port(UInt16)

    /// Reads `:8080`, `4711` or `server.js`; nil where it is neither.
    package init?(_ text: String) {
      if text.hasPrefix(":") {
        guard let port = UInt16(text.dropFirst()) else { return nil }
        self = .port(port)
      } else if !text.isEmpty, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
        guard let pid = Int32(text), pid > 0 else { return nil }
        self = .pid(pid)
      } else if text.isEmpty {
        return nil
      } else {
        self = .process(text)
      }
    }

    /// The sockets that are its.
    package var filter: SocketFilter {
      switch self {
      case .pid(let pid): SocketFilter(pid: String(pid))
      case .process(let name): SocketFilter(process: name)
      case .port(let port): SocketFilter(port: String(port))
      }
    }
  }

  package var subject: Subject
  /// When, and from which source.
  package var time: Double
  package var source: SourceName
  /// The groups that have its sockets, with sockets now or with something found.
  package var groups: [GroupReport]
  /// What was found of it, faults first.
  package var findings: [Finding]
  /// What was counted of it before, and not lately.
  package var past: [PastCount]
  /// What was found of sockets without a known owner, and may be its.
  package var perhaps: [Finding]
  /// What could not be seen, and why.
  package var missing: [String]

  /// - Parameters:
  ///   - report: with the subject's sockets one by one.
  ///   - missing: what the source could not see.
  package init(of subject: Subject, in report: Report, missing: [String] = []) {
    self.subject = subject
    time = report.time
    source = report.source
    self.missing = missing
    let labels = Self.labels(of: subject, in: report)
    findings = report.findings.filter { labels.contains($0.labels) }
    past = PastCount.all(in: report, of: labels, besides: findings)
    let found = Set(findings.map(\.labels) + past.map(\.labels))
    groups = report.groups.filter { group in
      labels.contains(group.labels)
        && (group.gauges.sockets.total > 0 || found.contains(group.labels))
    }
    perhaps = []
    if case .port = subject { return }
    perhaps = report.findings.filter { finding in
      finding.labels.process == Owner.unknownName && finding.labels.direction == .outbound
        && finding.kind.isOfConnecting && !labels.contains(finding.labels)
    }
    let pid = Self.pid(of: subject, labels, in: report)
    for index in perhaps.indices where perhaps[index].pid == nil { perhaps[index].pid = pid }
    if report.source == .procfs {
      self.missing.append(
        "counters, causes that need tcp_info, and loss: the source is procfs, not sock_diag")
    }
  }

  private static func labels(of subject: Subject, in report: Report) -> Set<GroupLabels> {
    switch subject {
    case .process(let name):
      Set(report.groups.lazy.map(\.labels).filter { $0.process == name })
    case .port(let port): Set(report.groups.lazy.map(\.labels).filter { $0.port == port })
    case .pid(let pid):
      // Where the pid is no label, the group holds all processes of that name.
      Set(
        report.groups.lazy.map(\.labels).filter { $0.pid == pid }
          + (report.sockets ?? []).lazy.filter { socket in
            socket.pid == pid || socket.holders.contains { $0.pid == pid }
          }.map(\.labels))
    }
  }

  /// The process that is asked about, where it is one.
  private static func pid(
    of subject: Subject, _ labels: Set<GroupLabels>, in report: Report
  ) -> Int32? {
    if case .pid(let pid) = subject { return pid }
    let pids = Set(
      labels.compactMap(\.pid)
        + (report.sockets ?? []).lazy.filter { $0.pid != 0 && labels.contains($0.labels) }.map(
          \.pid))
    return pids.count == 1 ? pids.first : nil
  }

  /// Whether anything of that name is there.
  package var isEmpty: Bool { groups.isEmpty && findings.isEmpty && past.isEmpty }

  /// The gravest of what was found.
  package var severity: Finding.Severity { findings.map(\.severity).max() ?? .normal }
}

extension Explanation.Subject: CustomStringConvertible {
  /// `pid 4711`, `server.js`, `port 8080`.
  package var description: String {
    switch self {
    case .pid(let pid): "pid \(pid)"
    case .process(let name): name
    case .port(let port): "port \(port)"
    }
  }
}

extension Finding.Kind {
  /// Whether it is about connects, which may be over before their owner can be seen.
  fileprivate var isOfConnecting: Bool {
    switch self {
    case .connectsUnanswered, .connectsRefused, .connectsAbandoned: true
    default: false
    }
  }
}
