internal import SocketStates

extension PageJSON {
  /// Writes a finding as the page's card shows it.
  static func write(
    _ finding: Finding, _ group: GroupReport?, _ trend: Trend?, _ containers: ContainerNames,
    _ showsAddresses: Bool, to json: inout JSONWriter
  ) {
    let words = FindingWords(finding, showsAddresses: showsAddresses)
    json.object { json in
      json.member("key", "\(finding.kind) \(finding.labels.pageKey)")
      json.member("kind", finding.kind.label)
      json.member("severity", finding.severity.label)
      json.member("is_consequence", finding.follows != nil)
      json.member("title", finding.labels.process)
      json.member("place", place(of: finding, containers))
      json.member("tag", "\(finding.tag) · responsible: \(finding.responsible.words)")
      json.member("headline", words.headline)
      json.member("cause", words.cause)
      json.member("responsible", words.responsible)
      json.member("meaning", words.meaning)
      json.member("symptoms", words.symptoms)
      FindingJSON.write(words.steps, to: &json)
      json.array("figures") { json in
        let worst = showsAddresses ? finding.worstPeer.map { [$0] } ?? [] : []
        for figure in finding.figures(in: group) + worst {
          json.object { json in
            json.member("label", figure.label)
            json.member("value", figure.value)
          }
        }
      }
      writeSockets(of: finding, showsAddresses, to: &json)
      if showsAddresses { writePeer(of: finding, to: &json) }
      if let trend { write(trend, to: &json) }
    }
  }

  /// `shop.service · on port 8080 · pid 4711, 4712`.
  private static func place(of finding: Finding, _ containers: ContainerNames) -> String {
    var pids: [Int32] = []
    for pid in [finding.pid ?? 0] + finding.sockets.map(\.pid) where pid != 0 && !pids.contains(pid)
    {
      pids.append(pid)
    }
    var parts = [
      containers.place(of: finding.labels, showsIdentifiers: true), finding.labels.portPhrase,
    ]
    if !pids.isEmpty {
      parts.append(
        "pid " + pids.prefix(3).map(String.init).joined(separator: ", ")
          + (pids.count > 3 ? ", …" : ""))
    }
    return parts.filter { !$0.isEmpty }.joined(separator: " · ")
  }

  private static func writeSockets(
    of finding: Finding, _ showsAddresses: Bool, to json: inout JSONWriter
  ) {
    let sockets = finding.sockets
    guard !sockets.isEmpty else { return }
    json.member("sockets_title", "\(Format.count(sockets.count, "connection")) in detail")
    json.array("sockets") { json in
      for socket in sockets { json.value(socket.words(showsAddresses: showsAddresses)) }
    }
  }

  /// A connection whose other end is on another host, which may serve a page too.
  private static func writePeer(of finding: Finding, to json: inout JSONWriter) {
    let far = finding.sockets.first {
      $0.remote.port != 0 && !$0.remote.address.isLoopback
        && $0.remote.address != $0.local.address && !$0.remote.address.isLinkLocal
    }
    guard finding.localPeer == nil, let far else { return }
    let address = far.remote.address
    json.object("peer") { json in
      json.member("host", address.isIPv4 ? "\(address)" : "[\(address)]")
      json.member("remote", "\(far.remote)")
      json.member("local", "\(far.local)")
    }
  }

  private static func write(_ trend: Trend, to json: inout JSONWriter) {
    json.object("trend") { json in
      json.member("caption", trend.caption)
      json.member("steps", trend.steps)
      json.array("points") { json in for point in trend.points { json.value(point) } }
    }
  }
}

extension Finding {
  /// The peer with which it happens most often.
  fileprivate var worstPeer: Figure? {
    for case .peers(let worst) in evidence {
      return worst.peers.first.map {
        Figure(
          label: "most with \($0.address)",
          value: "\(Format.number($0.count)) of \(Format.number(worst.total))")
      }
    }
    return nil
  }

  /// The sockets among its evidence.
  fileprivate var sockets: [SocketReport] {
    evidence.compactMap { if case .socket(let socket) = $0 { socket } else { nil } }
  }
}

extension Finding {
  /// `Fault`, or `Follows from php-fpm`.
  fileprivate var tag: String {
    follows.map { "Follows from \($0.labels.process)" } ?? severity.title
  }
}

extension Finding.Severity {
  /// How the page names it.
  fileprivate var title: String {
    switch self {
    case .normal: "Normal"
    case .notice: "Notice"
    case .fault: "Fault"
    }
  }
}
