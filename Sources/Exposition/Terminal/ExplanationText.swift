internal import SocketStates

/// An explanation for people, in sentences.
package struct ExplanationText {
  /// The widest line, and the width if none is asked for, in columns.
  static let maximumWidth = 110
  static let defaultWidth = 80

  private let view: TextView
  private let containers: ContainerNames
  private var style: TerminalStyle { view.style }

  /// The explanation's text.
  package static func render(_ explanation: Explanation, _ view: TextView = TextView()) -> String {
    var view = view
    view.style.width = min(view.style.width ?? defaultWidth, maximumWidth)
    let text = ExplanationText(view: view, containers: explanation.containers)
    if explanation.subject == .host { return text.table(explanation) }
    var result = text.overview(explanation)
    for finding in explanation.causes + explanation.findings where finding.severity > .normal {
      result += "\n" + text.section(finding)
    }
    if !explanation.consequences.isEmpty {
      result += "\n" + text.line("What follows from that elsewhere:", indent: 0)
      for finding in explanation.consequences { result += text.row(finding, indent: 2) }
    }
    if explanation.isCalledHealthy { result += "\n" + text.health(explanation) }
    result += text.past(explanation)
    if !explanation.perhaps.isEmpty {
      result +=
        "\n"
        + text.style.wrap(
          "Possibly related: these ended before their owner could be determined."
        )
      for finding in explanation.perhaps { result += "\n" + text.section(finding) }
    }
    return result + text.missing(explanation)
  }

  /// The findings of the whole host, a line each.
  private func table(_ explanation: Explanation) -> String {
    let sockets = Format.count(explanation.socketCount, "socket")
    let groups = Format.count(explanation.groups.count, "group")
    var result = line(
      "This host: \(sockets) in \(groups)\(verdict(explanation)).", indent: 0, emphasis: .strong)
    let found = explanation.findings.filter { $0.severity > .normal }
    guard !found.isEmpty else {
      return result + "\n" + health(explanation) + missing(explanation)
    }
    result += "\n"
    var depths: [Finding.Reference: Int] = [:]
    for finding in found {
      let depth = finding.follows.flatMap { depths[$0] }.map { $0 + 1 } ?? 0
      depths[finding.reference] = depth
      result += row(finding, indent: 7 * depth)
    }
    return result + "\n" + line("More about one: sockstated explain PID|PROCESS|:PORT.", indent: 0)
      + missing(explanation)
  }

  private func row(_ finding: Finding, indent: Int) -> String {
    let words = FindingWords(finding, showsAddresses: view.showsAddresses, look: view.invocation)
    let mark = finding.follows != nil ? "->" : finding.mark
    let pid = finding.pid.map { " (pid \($0))" } ?? ""
    let container = containers[finding.labels.unit].map { " of \($0.text)" } ?? ""
    return line(
      "\(mark.padded(to: 6)) \(finding.labels.process)\(pid)\(container): \(words.headline)",
      indent: indent,
      emphasis: finding.severity == .fault ? .fault : nil)
  }

  /// What was not seen, unless ``health(_:)`` has told that.
  private func missing(_ explanation: Explanation) -> String {
    ((explanation.isCalledHealthy ? [] : explanation.missing) + explanation.hidden)
      .map { "\n" + line("Not visible: \($0).", indent: 0) }.joined()
  }

  /// Who it is, and how many sockets are in which state.
  private func overview(_ explanation: Explanation) -> String {
    if explanation.isEmpty {
      return line(
        "\(explanation.title): no TCP socket of that is known now.", indent: 0, emphasis: .strong)
    }
    if !explanation.sockets.isEmpty { return connection(explanation) }
    var result = line(
      "\(explanation.title): \(explanation.count)\(verdict(explanation)).", indent: 0,
      emphasis: .strong)
    for group in explanation.groups {
      let isEmpty = group.gauges.sockets.total == 0
      result += line(
        "\(role(group.labels))\(isEmpty ? ", without a socket now" : ":")", indent: 2)
      let deferred = group.gauges.deferredHandshakes
      var counts = group.gauges.sockets
      counts[.synRecv] -= deferred
      for state in TCPState.allCases where counts[state] > 0 {
        result += line(
          "\(counts[state]) \(state.title): \(state.words)\(detail(of: state, group))", indent: 4)
      }
      if deferred > 0 {
        result += line(
          "\(deferred) SYN-RECV: connected; likely TCP_DEFER_ACCEPT: the listener waits for the client's first data",
          indent: 4)
      }
    }
    return result + related(explanation)
  }

  /// Sockets that are listed in ``related(_:)``, at most.
  private static let relatedLimit = 10

  /// The sockets that are counted for others.
  private func related(_ explanation: Explanation) -> String {
    guard !explanation.related.isEmpty else { return "" }
    let isPort = if case .port = explanation.subject { true } else { false }
    var result = line(
      isPort
        ? "With this port at one end, and a service at another port or at none that is known:"
        : "It holds listening sockets that are counted for others:", indent: 2)
    for socket in explanation.related.prefix(Self.relatedLimit) {
      result += line(isPort ? end(socket) : listener(socket), indent: 4)
    }
    let more = explanation.related.count - Self.relatedLimit
    return more > 0 ? result + line("and \(more) more", indent: 4) : result
  }

  /// `unknown at 127.0.0.1:40001: peer 127.0.0.1:53784, TIME-WAIT for 2s, …`.
  private func end(_ socket: SocketReport) -> String {
    let owner = socket.labels.port == nil ? who(socket.labels) : role(socket.labels)
    return "\(owner) at \(local(socket)): \(socket.words(showsAddresses: view.showsAddresses))"
  }

  /// `127.0.0.1:8001: worker.py (pid 46) accepts its connections`.
  private func listener(_ socket: SocketReport) -> String {
    let owner = socket.labels.process.with(pid: socket.pid == 0 ? nil : socket.pid)
    return socket.isAcceptedFrom
      ? "\(local(socket)): \(owner) accepts its connections"
      : "\(local(socket)): nobody was seen to accept from it; it is counted for \(owner)"
  }

  private func local(_ socket: SocketReport) -> String {
    view.showsAddresses ? socket.localText : "port \(socket.local.port)"
  }

  /// Whose the sockets of a connection are, and what each is doing; then what is found of their groups.
  private func connection(_ explanation: Explanation) -> String {
    var result = line(
      "\(explanation.title): \(Format.count(explanation.sockets.count, "socket")) on this host.",
      indent: 0, emphasis: .strong)
    for socket in explanation.sockets {
      result += line("\(role(socket.labels)) from \(socket.localText):", indent: 2)
      result += line(socket.words(showsAddresses: true), indent: 4)
    }
    let count = explanation.findings.count { $0.severity > .normal }
    return count == 0
      ? result
      : result + "\n" + line("Found of the groups that it is in:", indent: 0)
  }

  /// `server.js of shop.service serves port 8080`; `cart.py of shop/cart-7d9f6/web (cri-0123456789ab) serves …`.
  private func role(_ labels: GroupLabels) -> String {
    guard let port = labels.port else {
      return
        "\(who(labels)), counted as \(labels.direction.label) of port \(GroupLabels.otherPort)"
    }
    return
      "\(who(labels)) \(labels.direction == .inbound ? "serves" : "connects to") port \(port)"
  }

  private func who(_ labels: GroupLabels) -> String {
    let who = labels.process.with(pid: labels.pid)
    let place = containers.place(of: labels, showsIdentifiers: true)
    return place.isEmpty ? who : "\(who) of \(place)"
  }

  /// What was counted before, and not lately; a line each.
  private func past(_ explanation: Explanation) -> String {
    let lines = explanation.past.compactMap { past in
      past.evidence.words(showsAddresses: true).map {
        line("\(role(past.labels)): \($0)", indent: 2)
      }
    }
    guard !lines.isEmpty else { return "" }
    return "\n" + line("Counted, and no finding now:", indent: 0) + lines.joined()
  }

  private func verdict(_ explanation: Explanation) -> String {
    let count = { (severity: Finding.Severity) in
      explanation.findings.count { $0.severity == severity }
    }
    let elsewhere = explanation.causes.first { $0.severity == .fault }
    return switch explanation.severity {
    case .fault where count(.fault) == 0: ", held up by \(elsewhere?.labels.process ?? "another")"
    case .fault: ", \(Format.count(count(.fault), "fault"))"
    case .notice: ", no fault, \(Format.count(count(.notice), "thing")) to know"
    case .normal where explanation.socketCount == 0: ""
    case .normal where !explanation.perhaps.isEmpty: ", nothing wrong in them"
    case .normal: explanation.missing.isEmpty ? ", healthy" : ", nothing wrong seen"
    }
  }

  private func detail(of state: TCPState, _ group: GroupReport) -> String {
    switch state {
    case .listen:
      " (\(group.gauges.acceptQueue.length)\(group.gauges.acceptQueue.limit.map { " of \($0)" } ?? "") in the accept queue)"
    case .established:
      " (\(Format.bytes(group.gauges.receiveQueue)) unread, \(Format.bytes(group.gauges.sendQueue)) to be sent or confirmed)"
    default: ""
    }
  }

  private func section(_ finding: Finding) -> String {
    let words = FindingWords(
      finding, showsAddresses: view.showsAddresses, look: view.invocation)
    let emphasis = finding.severity == .fault ? TerminalStyle.Emphasis.fault : .notice
    var result = line("\(finding.mark): \(words.headline)", indent: 0, emphasis: emphasis)
    result += paragraph("What it is", words.meaning)
    result += paragraph("Responsible", words.responsible)
    let evidence = finding.evidence.compactMap { $0.words(showsAddresses: view.showsAddresses) }
    for (index, each) in evidence.enumerated() {
      result += paragraph(index == 0 ? "Evidence" : "", each)
    }
    result += paragraph(finding.follows == nil ? "Likely" : "Cause", words.cause)
    result += paragraph("Symptoms", words.symptoms)
    // What is to be done, the cause has.
    if finding.follows != nil { return result }
    for (index, step) in words.steps.enumerated() {
      result += paragraph(index == 0 ? "Next" : "", "\(index + 1). \(step.text)")
      if let command = step.command {
        // Never wrapped: it is to be copied.
        result +=
          String(repeating: " ", count: Self.indent + 3)
          + style.apply(.strong, to: style.shown(command.visible)) + "\n"
      }
    }
    return result + paragraph("More", "RUNBOOK.md, \(words.runbook)")
  }

  private func health(_ explanation: Explanation) -> String {
    var result: String
    if explanation.missing.isEmpty {
      result = line(
        explanation.perhaps.isEmpty
          ? "Nothing is wrong that TCP shows." : "Nothing is wrong in its own sockets.",
        indent: 0, emphasis: explanation.perhaps.isEmpty ? .good : .strong)
    } else {
      result = line("Nothing wrong was seen, and this could not be checked:", indent: 0)
      for missing in explanation.missing { result += line("\(missing).", indent: 2) }
    }
    let gauges = explanation.groups.map(\.gauges)
    if gauges.contains(where: { $0.sockets[.established] > 0 }) {
      result +=
        gauges.allSatisfy { $0.receiveQueue == 0 && $0.sendQueue == 0 }
        ? line(
          "All queues are empty: what arrived was read, and what was sent was confirmed by the peer's kernel, which is not yet its program. Whatever hangs, hangs in a program: here or at the peer.",
          indent: 2)
        : line("There are bytes in the queues, and they move.", indent: 2)
    }
    if let slowest = explanation.slow.first, let rate = slowest.rate {
      result += line(
        "\(Format.count(explanation.slow.count, "connection")) with a queue that moves; the slowest at \(Format.bytes(rate)) a second.",
        indent: 2)
    }
    for finding in explanation.findings where finding.severity == .normal {
      result += line(FindingWords(finding, showsAddresses: view.showsAddresses).headline, indent: 2)
    }
    return result
  }

  private static let indent = 14

  private func paragraph(_ title: String, _ text: String) -> String {
    let first = "  " + title + String(repeating: " ", count: Self.indent - 2 - title.count)
    return style.wrap(text.visible, indent: Self.indent, first: first)
  }

  private func line(
    _ text: String, indent: Int, emphasis: TerminalStyle.Emphasis? = nil
  ) -> String {
    let first = String(repeating: " ", count: indent)
    let wrapped = style.wrap(text.visible, indent: indent + 2, first: first)
    guard emphasis != nil else { return wrapped }
    return wrapped.split(separator: "\n").map { style.apply(emphasis, to: String($0)) + "\n" }
      .joined()
  }
}

extension Explanation {
  /// Whether there is something that may be called healthy, and nothing else.
  fileprivate var isCalledHealthy: Bool {
    severity == .normal && sockets.isEmpty && (socketCount > 0 || subject == .host)
  }

  /// How many sockets it has.
  fileprivate var count: String {
    guard socketCount == 0 else { return Format.count(socketCount, "socket") }
    return related.isEmpty ? "no socket now" : "no socket is counted for it"
  }
}

extension Finding {
  fileprivate var mark: String { severity.mark }
}

extension Finding.Severity {
  /// How a finding begins in a text.
  var mark: String { self == .fault ? "FAULT" : "NOTE" }
}

extension String {
  /// With blanks behind it, so that it has as many characters at least.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
