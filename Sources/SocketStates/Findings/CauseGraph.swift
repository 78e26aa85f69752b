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
  private let jams: JamTable
  /// Findings about descriptors, by process.
  private var descriptors: [ReportIndex.ProcessKey: [Int]] = [:]

  /// The findings, each with what it follows from, and right behind that.
  /// - Parameter findings: the gravest first.
  static func arranged(_ findings: [Finding], _ peers: PeerResolver) -> [Finding] {
    guard findings.contains(where: { $0.severity > .normal }) else { return findings }
    var graph = CauseGraph(findings, peers)
    graph.link()
    return graph.arranged
  }

  /// Findings of resets that this host has sent to itself, by service port.
  private var resetSenders: [ReportIndex.PortKey: [Int]] = [:]

  private init(_ findings: [Finding], _ peers: PeerResolver) {
    self.findings = findings
    self.peers = peers
    causes = Array(repeating: nil, count: findings.count)
    // Processes that share a listener, each with groups of its own where the pid is a label, are one.
    numbers = Dictionary(
      findings.indices.map { (findings[$0].reference.ofAnyPid, $0) }, uniquingKeysWith: min)
    jams = JamTable(findings, peers)
    for (number, finding) in findings.enumerated() where finding.kind == .descriptors {
      let key = ReportIndex.ProcessKey(finding.labels, in: finding.labels.netns)
      descriptors[key, default: []].append(number)
    }
    for (number, finding) in findings.enumerated()
    where finding.kind == .connectionsReset(.sent) && finding.cutOff?.isLocal == true {
      let key = ReportIndex.PortKey(netns: finding.labels.netns, port: finding.labels.port)
      resetSenders[key, default: []].append(number)
    }
  }

  private mutating func link() {
    for number in findings.indices where findings[number].severity > .normal {
      causes[number] = cause(of: number)
    }
    for number in findings.indices where chain(from: number) == nil { causes[number] = nil }
    for number in findings.indices {
      guard let first = chain(from: number)?.last, first != number,
        !isMerelySlow(first, for: number)
      else { continue }
      findings[first].severity = max(findings[first].severity, findings[number].severity)
    }
    for number in findings.indices {
      guard let cause = causes[number] else { continue }
      findings[number].severity = min(findings[number].severity, .notice)
      findings[number].follows = findings[cause].reference
    }
  }

  /// Whether the first cause is a reader that makes progress, or a far one, and what follows from it only does not pass
  /// on what it has, for as long as that takes: no fault of either.
  private func isMerelySlow(_ first: Int, for number: Int) -> Bool {
    switch findings[first].kind {
    case .peerNotReading: true
    case .unreadData:
      [.unreadData, .closeWait(.dataUnread)].contains(findings[number].kind)
        && !peers.index.isHanging(findings[first].labels)
    default: false
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
        ?? busyWaiting(finding)
    case .closeWait(.notClosed):
      return otherSide(finding) ?? greater(finding, .closeWait(.endUnread))
    case .closeWait(.endUnread):
      return otherSide(finding) ?? greater(finding, .closeWait(.notClosed), orEqual: true)
    case .halfClosed: return otherSide(finding)
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
    case .loss: return deadPath(finding) ?? droppedHandshakes(finding)
    case .deadPath, .endUnconfirmed: return droppedHandshakes(finding)
    case .connectionsReset(.received):
      return idleTimeout(finding)
        ?? first(peers.groups(opposite: finding)) { [.connectionsReset(.sent)].of($0) }
        ?? localSender(finding)
    case .idleTimeout where finding.labels.direction == .inbound:
      // Who uses connections for longer than they are kept is to blame.
      let clients = first(peers.index.clients(of: finding.labels)) { [.idleTimeout].of($0) }
      return clients.flatMap { findings[$0].isAlike(finding) ? $0 : nil }
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

  /// accept() fails if the process has no descriptor left.
  private func spentDescriptors(_ finding: Finding) -> Int? {
    let key = ReportIndex.ProcessKey(finding.labels, in: finding.labels.netns)
    return descriptors[key]?.first { number in
      findings[number].evidence.contains {
        if case .descriptors(let open, let limit) = $0 { UInt64(open) >= limit } else { false }
      }
    }
  }

  /// A process that passes data on does not read while the one that it passes them to does not, or does not answer.
  private func backpressure(_ finding: Finding) -> Int? {
    jams.cause(of: finding, atLeast: finding.stalled ?? finding.count) { _ in true }
  }

  /// A relay keeps a connection open while it waits on its other side.
  private func otherSide(_ finding: Finding) -> Int? {
    jams.cause(of: finding, atLeast: finding.count) {
      $0.labels.direction != finding.labels.direction && $0.isAsOld(as: finding.oldestAge)
    }
  }

  /// What is left open in two ways is one leak, told by the one of more connections.
  private func greater(_ finding: Finding, _ kind: Finding.Kind, orEqual: Bool = false) -> Int? {
    number(kind, finding.labels).flatMap {
      findings[$0].count > finding.count || orEqual && findings[$0].count == finding.count
        ? $0 : nil
    }
  }

  /// A process does not accept while all that it has accepted wait for others.
  private func busyWaiting(_ finding: Finding) -> Int? {
    jams.cause(of: finding, atLeast: peers.index.connections(of: finding.labels)) {
      // A far peer that is slow is no excuse for a full queue.
      $0.labels.direction == .outbound && $0.kind != .peerNotReading
    }
  }

  /// What is sent again and again to most of the group's connections in vain, for as long as makes a fault, is loss too.
  private func deadPath(_ finding: Finding) -> Int? {
    number(.deadPath, finding.labels).flatMap { number in
      let isOfMost = findings[number].evidence.contains {
        if case .stalled(_, let count, let all) = $0 { 2 * count >= all } else { false }
      }
      return isOfMost && findings[number].severity == .fault ? number : nil
    }
  }

  /// A full listener of this host drops the last step of handshakes, too: to who is connected so nothing is
  /// acknowledged before it accepts.
  private func droppedHandshakes(_ finding: Finding) -> Int? {
    guard finding.labels.direction == .outbound, finding.localPeer != nil else { return nil }
    let full = first(peers.groups(opposite: finding)) { [.acceptQueue].of($0) }
    return full.flatMap { findings[$0].severity == .fault ? $0 : nil }
  }

  /// Most of what resets cut off had been silent, and silences of the group are alike.
  private func idleTimeout(_ finding: Finding) -> Int? {
    guard let cutOff = finding.cutOff, 2 * cutOff.silent >= cutOff.count else { return nil }
    return number(.idleTimeout, finding.labels)
  }

  /// The other end of connections that are over, if both were on this host: of those of one port.
  private func localSender(_ finding: Finding) -> Int? {
    guard finding.cutOff?.isLocal == true else { return nil }
    return resetSenders[.init(netns: finding.labels.netns, port: finding.labels.port)]?.first {
      findings[$0].labels.direction != finding.labels.direction
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
}

extension Finding {
  /// Whether both are of connections that broke after the same silence.
  fileprivate func isAlike(_ other: Finding) -> Bool {
    guard case .idleCluster(let one) = evidence.first,
      case .idleCluster(let another) = other.evidence.first
    else { return false }
    let (shorter, longer) = (min(one.idle, another.idle), max(one.idle, another.idle))
    return Double(longer) <= Thresholds.idleSpread * Double(shorter)
  }
}

extension Finding.Reference {
  /// The same of all processes of the name.
  fileprivate var ofAnyPid: Self { Self(kind: kind, labels: labels.ofAnyPid) }
}

extension [Finding.Kind] {
  /// The findings of a group that are of these kinds, if there are any.
  fileprivate func of(_ labels: GroupLabels) -> [Finding.Reference] {
    map { Finding.Reference(kind: $0, labels: labels) }
  }
}
