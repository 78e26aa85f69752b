package import SocketStates

/// What the sockets of one process or port are doing, who is responsible, and what to do.
package struct Explanation: Sendable {
  /// Whom or what is asked about.
  package enum Subject: Sendable, Equatable {
    case pid(Int32)
    case process(String)
    case port(UInt16)
    /// Its ends, in either order.
    case connection(WrittenEndpoint, WrittenEndpoint)
    /// All of them.
    case host

    /// Reads `:8080`, `4711`, `server.js` or `192.0.2.1:443 192.0.2.2:40000`; nil where it is none of these. A port
    /// of this host, `localhost:8080` or `[::1]:8080`, is the port.
    package init?(_ text: String) {
      let ends = text.split(separator: " ", omittingEmptySubsequences: false).map {
        WrittenEndpoint(String($0))
      }
      if ends.count == 2, let one = ends[0], let other = ends[1] {
        self = .connection(one, other)
      } else if text.hasPrefix(":") {
        guard let port = UInt16(text.dropFirst()) else { return nil }
        self = .port(port)
      } else if let port = Self.portOfThisHost(text) {
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

    private static func portOfThisHost(_ text: String) -> UInt16? {
      if let endpoint = WrittenEndpoint(text) { return endpoint.portOfThisHost }
      let host = ["localhost:", "*:"].first { text.hasPrefix($0) }
      return host.flatMap { UInt16(text.dropFirst($0.count)) }
    }

    /// The port that may be meant by a number that is no pid, or by a name that ends as an address does.
    package var portMeant: UInt16? {
      switch self {
      case .pid(let pid): UInt16(exactly: pid)
      case .process(let name):
        name.lastIndex(of: ":").flatMap { UInt16(name[name.index(after: $0)...]) }
      case .port, .connection, .host: nil
      }
    }

    /// What is missing in it; nil if nothing is. One zone of two is enough.
    package var complaint: String? {
      guard case .connection(let one, let other) = self else { return nil }
      return one.complaint.flatMap { other.complaint == nil ? nil : $0 }
    }
  }

  package var subject: Subject
  /// The thread of the subject that was asked about; nil if it was the process.
  package var thread: Int32?
  /// When, and from which source.
  package var time: Double
  package var source: SourceName
  /// The groups that have its sockets, with sockets now or with something found.
  package var groups: [GroupReport]
  /// What the containers in their labels are called.
  package var containers: ContainerNames
  /// Of a connection, its socket; both if both ends are here.
  package var sockets: [SocketReport] = []
  /// Sockets that are counted for others: listeners that the process holds beside who they are counted for; and those
  /// that have the port at either end, while their service is at another port, or at none that is known.
  package var related: [SocketReport]
  /// What was found of it, faults first, and what follows from a finding right after that.
  package var findings: [Finding]
  /// What was found elsewhere and is the cause of ``findings``, the first cause first.
  package var causes: [Finding]
  /// What was found elsewhere and follows from ``findings``.
  package var consequences: [Finding]
  /// Connections that are read or acknowledged, and still have a queue, the slowest first.
  package var slow: [SocketReport]
  /// What was counted of it before, and not lately.
  package var past: [PastCount]
  /// What was found of sockets without a known owner, and may be its.
  package var perhaps: [Finding]
  /// What could not be seen, and why: what that would show may be wrong all the same.
  package var missing: [String]
  /// What was seen, and is not shown to the reader.
  package var hidden: [String]

  /// - Parameters:
  ///   - report: with the subject's sockets one by one.
  ///   - missing: what the source could not see.
  ///   - hidden: what the reader may not see.
  package init(
    of subject: Subject, in report: Report, missing: [String] = [], hidden: [String] = []
  ) {
    self.hidden = hidden
    var report = report
    if case .pid(let pid) = subject { report = report.singlingOut(pid) }
    self.subject = subject
    time = report.time
    source = report.source
    containers = report.containers
    self.missing = missing
    let labels = Self.labels(of: subject, in: report)
    sockets = Self.sockets(of: subject, in: report)
    related = Self.sockets(relatedTo: subject, labels, in: report, showsPorts: hidden.isEmpty)
    findings = report.findings.filter { labels.contains($0.labels) }
    causes = report.causes(of: findings, besides: labels)
    consequences = report.consequences(of: findings, besides: labels)
    slow = (report.sockets ?? []).filter {
      $0.rate != nil && $0.stall == nil && labels.contains($0.labels)
    }.sorted { $0.rate ?? 0 < $1.rate ?? 0 }
    past = PastCount.all(in: report, of: labels, besides: findings)
    let found = Set(findings.map(\.labels) + past.map(\.labels))
    groups = report.groups.filter { group in
      labels.contains(group.labels)
        && (group.gauges.sockets.total > 0 || found.contains(group.labels))
    }
    perhaps = []
    switch subject {
    case .port, .connection, .host: break
    case .pid, .process: seekPerhaps(labels, in: report)
    }
    if report.source == .procfs {
      self.missing.append(
        "counters, causes that need tcp_info, and loss: the source is procfs, not sock_diag")
    }
  }

  /// Adds what was found of sockets without a known owner, and may be the subject's.
  private mutating func seekPerhaps(_ labels: Set<GroupLabels>, in report: Report) {
    perhaps = report.findings.filter { finding in
      finding.labels.process == Owner.unknownName && finding.labels.direction == .outbound
        && finding.kind.mayBeBrief && !labels.contains(finding.labels)
    }
    let told = Set(causes.map(\.reference))
    perhaps.removeAll { told.contains($0.reference) }
    let pid = Self.pid(of: subject, labels, in: report)
    // Who serves the port is the other end of these connections.
    let served = Set(labels.lazy.filter { $0.direction == .inbound }.map(\.port))
    for index in perhaps.indices
    where perhaps[index].pid == nil && perhaps[index].kind != .connectionsReset(.sent)
      && !served.contains(perhaps[index].labels.port)
    {
      perhaps[index].pid = pid
    }
  }

  private static func sockets(of subject: Subject, in report: Report) -> [SocketReport] {
    guard case .connection(let one, let other) = subject else { return [] }
    return (report.sockets ?? []).filter { $0.connects(one, other) }
  }

  private static func sockets(
    relatedTo subject: Subject, _ labels: Set<GroupLabels>, in report: Report, showsPorts: Bool
  ) -> [SocketReport] {
    (report.sockets ?? []).filter { socket in
      switch subject {
      case .pid(let pid): socket.isListener(passedOnBy: { $0.pid == pid })
      case .process(let name): socket.isListener(passedOnBy: { $0.process == name })
      case .port(let port):
        // A client's port is part of who is connected.
        showsPorts && [socket.local.port, socket.remote.port].contains(port)
          && !labels.contains(socket.labels)
      case .connection, .host: false
      }
    }
  }

  private static func labels(of subject: Subject, in report: Report) -> Set<GroupLabels> {
    switch subject {
    case .host: Set(report.groups.lazy.map(\.labels))
    case .process(let name):
      Set(
        report.groups.lazy.map(\.labels).filter { $0.process == name }
          + report.labels(acceptedBy: { $0.process == name }))
    case .port(let port): Set(report.groups.lazy.map(\.labels).filter { $0.port == port })
    case .connection: Set(sockets(of: subject, in: report).map(\.labels))
    case .pid(let pid):
      Set(
        report.groups.lazy.map(\.labels).filter { $0.pid == pid }
          + (report.sockets ?? []).lazy.filter { socket in
            socket.isHeld(by: pid) && !socket.isListener(passedOnBy: { $0.pid == pid })
          }.map(\.labels)
          + report.labels(acceptedBy: { $0.pid == pid }))
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

  /// `pid 4711`; `pid 4711 (4720 is one of its threads)`.
  var title: String {
    thread.map { "\(subject) (\($0) is one of its threads)" } ?? "\(subject)"
  }

  /// Whether anything of that name is there.
  package var isEmpty: Bool {
    subject != .host && groups.isEmpty && findings.isEmpty && past.isEmpty && related.isEmpty
  }

  /// Sockets that it has now.
  var socketCount: UInt64 { groups.reduce(0) { $0 + $1.gauges.sockets.total } }

  /// The gravest of what was found, with the causes of it.
  package var severity: Finding.Severity {
    (causes + findings).map(\.severity).max() ?? .normal
  }
}

extension Report {
  /// The groups for whose connections such a process may have to call accept().
  fileprivate func labels(acceptedBy isIt: (SocketReport.Holder) -> Bool) -> [GroupLabels] {
    findings.filter { $0.acceptors?.processes.contains(where: isIt) ?? false }.map(\.labels)
  }

  /// What the findings follow from, of other groups than these, the first cause first.
  fileprivate func causes(of findings: [Finding], besides labels: Set<GroupLabels>) -> [Finding] {
    let known = Dictionary(self.findings.map { ($0.reference, $0) }) { first, _ in first }
    var wanted = Set<Finding.Reference>()
    for var finding in findings {
      while let next = finding.follows.flatMap({ known[$0] }),
        wanted.insert(next.reference).inserted
      {
        finding = next
      }
    }
    return self.findings.filter { wanted.contains($0.reference) && !labels.contains($0.labels) }
  }

  /// What follows from the findings, of other groups than these.
  fileprivate func consequences(
    of findings: [Finding], besides labels: Set<GroupLabels>
  ) -> [Finding] {
    var causes = Set(findings.map(\.reference))
    return self.findings.filter { finding in
      // A cause stands before what follows from it.
      guard let cause = finding.follows, causes.contains(cause) else { return false }
      causes.insert(finding.reference)
      return !labels.contains(finding.labels)
    }
  }
}

extension Explanation.Subject: CustomStringConvertible {
  /// `pid 4711`, `server.js`, `port 8080`, `192.0.2.1:443 192.0.2.2:40000`.
  package var description: String {
    switch self {
    case .pid(let pid): "pid \(pid)"
    case .process(let name): name
    case .port(let port): "port \(port)"
    case .host: "This host"
    case .connection(let one, let other): "\(one) \(other)"
    }
  }
}

extension Finding.Kind {
  /// Whether it is about connections that may be over before their owner can be seen.
  fileprivate var mayBeBrief: Bool {
    switch self {
    case .connectsUnanswered, .connectsRefused, .connectsAbandoned, .connectionsReset: true
    default: false
    }
  }
}
