/// Which findings follow from which, by facts that the report has: the same listener, both ends of one connection,
/// the same process. One cause is one fault; what follows from it is a notice beneath it.
struct CauseGraph {
  /// Links from a finding to its first cause, at most: a longer chain, or a circle, is cut.
  private static let longestChain = 8

  private var findings: [Finding]
  private let peers: PeerResolver
  /// Of each finding, the one that it follows from.
  private var causes: [Int?]
  private let numbers: [Finding.Reference: Int]
  /// Findings about processes as such, by process.
  private var ofProcess: [ReportIndex.ProcessKey: [Int]] = [:]

  /// The findings, each with what it follows from, and right behind that.
  /// - Parameter findings: the gravest first.
  static func arranged(_ findings: [Finding], _ peers: PeerResolver) -> [Finding] {
    guard findings.contains(where: { $0.severity > .normal }) else { return findings }
    var graph = CauseGraph(findings, peers)
    graph.link()
    return graph.arranged
  }

  private init(_ findings: [Finding], _ peers: PeerResolver) {
    self.findings = findings
    self.peers = peers
    causes = Array(repeating: nil, count: findings.count)
    // Processes that share a listener, each with groups of its own where the pid is a label, are one.
    numbers = Dictionary(
      findings.indices.map { (findings[$0].reference.ofAnyPid, $0) }, uniquingKeysWith: min)
    for (number, finding) in findings.enumerated() {
      switch finding.kind {
      case .descriptors, .peerNotReading, .connectsUnanswered:
        let key = ReportIndex.ProcessKey(finding.labels, in: finding.labels.netns)
        ofProcess[key, default: []].append(number)
      default: break
      }
    }
  }

  private mutating func link() {
    for number in findings.indices where findings[number].severity > .normal {
      causes[number] = cause(of: number)
    }
    for number in findings.indices where chain(from: number) == nil { causes[number] = nil }
    for number in findings.indices {
      guard let first = chain(from: number)?.last, first != number else { continue }
      // What waits for a far peer that is merely slow is no fault either.
      if findings[first].kind != .peerNotReading {
        findings[first].severity = max(findings[first].severity, findings[number].severity)
      }
    }
    for number in findings.indices {
      guard let cause = causes[number] else { continue }
      findings[number].severity = min(findings[number].severity, .notice)
      findings[number].follows = findings[cause].reference
    }
  }

  /// The finding and what it follows from, up to the first cause; nil if that is too far, or a circle.
  private func chain(from number: Int) -> [Int]? {
    var chain = [number]
    while let next = causes[chain[chain.count - 1]] {
      guard chain.count < Self.longestChain, !chain.contains(next) else { return nil }
      chain.append(next)
    }
    return chain
  }

  /// First causes in their order, each with what follows from it.
  private var arranged: [Finding] {
    var followers: [Int: [Int]] = [:]
    var first: [Int] = []
    for (number, cause) in causes.enumerated() {
      if let cause {
        followers[cause, default: []].append(number)
      } else {
        first.append(number)
      }
    }
    first.sort { (findings[$1].severity, $0) < (findings[$0].severity, $1) }
    var order: [Int] = []
    var rest = Array(first.reversed())
    while let number = rest.popLast() {
      order.append(number)
      rest += (followers[number] ?? []).reversed()
    }
    return order.map { findings[$0] }
  }
}

// MARK: - What follows from what

extension CauseGraph {
  private func cause(of number: Int) -> Int? {
    let finding = findings[number]
    switch finding.kind {
    case .connectsUnanswered(.listenerFull):
      return finding.fullListener.flatMap { self.number(.acceptQueue, $0.labels) }
    case .connectsUnanswered(.nobody):
      // The listener had no room for a while; a far one is not known.
      guard finding.localPeer != nil else { return nil }
      return first(peers.index.servers(of: finding.labels)) { [.listenDrops].of($0) }
    case .closeWait(.notAccepted):
      return self.number(.acceptQueue, finding.labels) ?? spentDescriptors(finding)
        ?? self.number(.unreadData, finding.labels)
    case .acceptQueue:
      return spentDescriptors(finding) ?? self.number(.unreadData, finding.labels)
    case .closeWait(.dataUnread):
      // Both say the same, and the one that is of more connections says more.
      let all = self.number(.unreadData, finding.labels)
      return all.flatMap { findings[$0].stalled ?? 0 > finding.count ? $0 : nil }
        ?? backpressure(finding)
    case .unreadData:
      let closed = self.number(.closeWait(.dataUnread), finding.labels)
      return closed.flatMap { findings[$0].count >= finding.stalled ?? 0 ? $0 : nil }
        ?? backpressure(finding)
    case .peerNotReading: return first(peers.groups(opposite: finding)) { [.unreadData].of($0) }
    case .peerNotClosing:
      return first(peers.groups(opposite: finding)) {
        (CloseWaitCause.allCases.map { .closeWait($0) } + [.halfClosed]).of($0)
      }
    case .descriptors: return leak(finding)
    default: return nil
    }
  }

  private func number(_ kind: Finding.Kind, _ labels: GroupLabels) -> Int? {
    numbers[Finding.Reference(kind: kind, labels: labels).ofAnyPid]
  }

  private func first(
    _ groups: [GroupLabels], _ references: (GroupLabels) -> [Finding.Reference]
  ) -> Int? {
    groups.lazy.flatMap(references).compactMap { numbers[$0.ofAnyPid] }.first
  }

  private func findings(ofProcessOf finding: Finding) -> [Int] {
    ofProcess[ReportIndex.ProcessKey(finding.labels, in: finding.labels.netns)] ?? []
  }

  /// accept() fails if the process has no descriptor left.
  private func spentDescriptors(_ finding: Finding) -> Int? {
    findings(ofProcessOf: finding).first { number in
      findings[number].evidence.contains {
        if case .descriptors(let open, let limit) = $0 { UInt64(open) >= limit } else { false }
      }
    }
  }

  /// A process that passes data on does not read while the one that it passes them to does not, or does not answer:
  /// then as many of its connections have a shut window, or wait for an answer, as are not read.
  private func backpressure(_ finding: Finding) -> Int? {
    let unread = finding.stalled ?? finding.count
    return findings(ofProcessOf: finding).first { number in
      let other = findings[number]
      let waiting =
        switch other.kind {
        case .peerNotReading: other.stalled ?? 0
        case .connectsUnanswered: other.count
        default: UInt64(0)
        }
      return waiting >= unread && other.labels != finding.labels
        && (other.pid == nil || finding.pid == nil || other.pid == finding.pid)
    }
  }

  /// Sockets that the process does not close are at least half of its descriptors.
  private func leak(_ finding: Finding) -> Int? {
    let open = finding.evidence.lazy.compactMap { evidence in
      if case .descriptors(let open, _) = evidence { UInt64(open) } else { nil }
    }.first
    guard let open, 2 * finding.count >= open else { return nil }
    let kinds: [Finding.Kind] =
      [.closedHeld] + CloseWaitCause.allCases.filter { $0 != .notAccepted }.map { .closeWait($0) }
    return kinds.compactMap { number($0, finding.labels) }
      .filter { findings[$0].severity == .fault }
      .max { findings[$0].count < findings[$1].count }
  }
}

extension Finding {
  /// The full listener among its evidence.
  fileprivate var fullListener: SocketReport? {
    evidence.lazy.compactMap { if case .fullListener(let socket) = $0 { socket } else { nil } }
      .first
  }

  /// How many connections make no progress.
  fileprivate var stalled: UInt64? {
    evidence.lazy.compactMap { if case .stalled(_, let count, _) = $0 { count } else { nil } }.first
  }
}

extension Finding.Reference {
  /// The same of all processes of the name.
  fileprivate var ofAnyPid: Self {
    var reference = self
    reference.labels.pid = nil
    return reference
  }
}

extension [Finding.Kind] {
  /// The findings of a group that are of these kinds, if there are any.
  fileprivate func of(_ labels: GroupLabels) -> [Finding.Reference] {
    map { Finding.Reference(kind: $0, labels: labels) }
  }
}
