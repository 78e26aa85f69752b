internal import SocketStates

extension Fleet {
  /// Roots that are told, and hosts without an answer; the others are counted.
  private static let toldLimit = 200

  /// For people: roots first, beneath each what follows from it; then which hosts did not answer.
  package func text(_ view: TextView) -> String {
    let style = view.style
    let answered = hosts.count { $0.trouble == nil }
    var text = style.wrap(
      "\(Format.count(hosts.count, "host")), \(Format.number(answered)) of them answered: \(Format.count(roots.count, "finding")) with no cause elsewhere, \(Format.number(roots.reduce(0) { $0 + $1.count })) that follow."
    )
    for root in roots.prefix(Self.toldLimit) {
      text += "\n" + lines(root, 0, style)
      let finding = root.finding
      let shown = [finding.condition].compactMap(\.self) + finding.evidence
      for each in shown.prefix(3) { text += style.wrap(each.visible, indent: 7) }
    }
    if roots.count > Self.toldLimit {
      text += "\n" + style.wrap("And \(Format.number(roots.count - Self.toldLimit)) more.")
    }
    return text + unanswered(style)
  }

  private func lines(_ node: Node, _ depth: Int, _ style: TerminalStyle) -> String {
    let mark = depth > 0 ? "-> " : node.severity.mark.padded(to: 7)
    let blanks = String(repeating: " ", count: 2 * depth + (depth > 0 ? 5 : 0))
    let name = "\(hosts[node.host].name): \(node.finding.process): \(node.finding.headline)"
    var text = style.wrap(name.visible, indent: 2 * depth + 8, first: blanks + mark)
    for follower in node.followers { text += lines(follower, depth + 1, style) }
    return text
  }

  private func unanswered(_ style: TerminalStyle) -> String {
    var lines: [String] = []
    for (number, host) in hosts.enumerated() {
      let count = open[number] ?? 0
      let left =
        count == 0
        ? "" : " \(Format.count(count, "finding")) of other hosts may have the cause there."
      if let trouble = host.trouble {
        lines.append(
          "\(host.name): no answer: \(trouble). Nothing is known of what is there.\(left)")
      } else if host.hidesAddresses {
        lines.append(
          "\(host.name): does not show connections to this client: its findings are joined by port alone, or not at all; use peers.user or peers.cert_file."
        )
      }
    }
    let told = lines.prefix(Self.toldLimit).map { style.wrap($0.visible, indent: 2) }
    guard !told.isEmpty else { return "" }
    let rest =
      lines.count > told.count
      ? style.wrap("And \(Format.number(lines.count - told.count)) more.") : ""
    return "\n" + told.joined() + rest
  }

  /// One object and a newline.
  package func json() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("hosts", hosts.count)
      json.array("roots") { json in for root in roots { write(root, to: &json) } }
      json.array("unanswered") { json in
        for (number, host) in hosts.enumerated() {
          guard let trouble = host.trouble else { continue }
          json.object { json in
            json.member("host", host.name)
            json.member("reason", trouble)
            json.member("open_findings", open[number] ?? 0)
          }
        }
      }
      json.array("addresses_hidden") { json in
        for host in hosts where host.hidesAddresses { json.value(host.name) }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private func write(_ node: Node, to json: inout JSONWriter) {
    let finding = node.finding
    json.object { json in
      json.member("host", hosts[node.host].name)
      json.member("kind", finding.kind)
      json.member("severity", node.severity.label)
      ReportJSON.write(finding.labels, to: &json)
      if let pid = finding.pid { json.member("pid", pid) }
      json.member("headline", finding.headline)
      json.array("evidence") { json in for each in finding.evidence { json.value(each) } }
      json.array("followers") { json in
        for follower in node.followers { write(follower, to: &json) }
      }
    }
  }
}
