internal import Logging
internal import SocketStates

extension Settings {
  /// The keys of the file. Their names, types and bounds are written here and nowhere else.
  static func schema(knownMetrics: Set<String>) -> [Key<Settings>] {
    [
      .section(
        "poll", \.poll,
        [
          .value("interval", \.interval) { node throws(Flaw) in
            try node.duration(in: .oneTenthSecond ... .oneHour)
          },
          .value("max_cpu", \.maxCPU) { node throws(Flaw) in try node.percentage() },
        ]),
      .section(
        "namespaces", \.namespaces,
        [
          .value("watch", \.watch) { node throws(Flaw) in try node.choice() },
          .value("include", \.include) { node throws(Flaw) in try node.patterns() },
          .value("exclude", \.exclude) { node throws(Flaw) in try node.patterns() },
        ]),
      .value("source", \.source) { node throws(Flaw) in try node.choice() },
      .value("procfs", \.procfs) { node throws(Flaw) in try node.absolutePath() },
      .value("destroy_events", \.destroyEvents) { node throws(Flaw) in try node.choice() },
      .section(
        "kernel_counters", \.kernelCounters,
        [
          .value("use", \.use) { node throws(Flaw) in try node.choice() },
          .value("directory", \.directory) { node throws(Flaw) in try node.absolutePath() },
        ]),
      .section(
        "containers", \.containers,
        [
          .value("names", \.names) { node throws(Flaw) in try node.boolean() },
          .value("root", \.root) { node throws(Flaw) in try node.absolutePath() },
        ]),
      .section("web", \.web, webKeys),
      .section(
        "log", \.log,
        [
          .value("level", \.level) { node throws(Flaw) in try node.logLevel() },
          .value("format", \.format) { node throws(Flaw) in try node.choice() },
        ]),
      .section(
        "limits", \.limits,
        [
          .value("groups", \.groups) { node throws(Flaw) in try node.integer(in: 1...1_000_000) },
          .value("linger", \.linger) { node throws(Flaw) in
            try node.duration(in: .zero ... .oneYear)
          },
          .value("destinations", \.destinations) { node throws(Flaw) in
            try node.integer(in: 0...10_000)
          },
        ]),
      .section(
        "close_wait", \.closeWait,
        [
          .value("stuck_after", \.stuckAfter) { node throws(Flaw) in
            try node.duration(in: .oneSecond ... .oneYear)
          }
        ]),
      .section(
        "ended", \.ended,
        [
          .value("keep", \.keep) { node throws(Flaw) in try node.integer(in: 0...100_000) },
          .value("log", \.log) { node throws(Flaw) in try node.choice() },
        ]),
      .section(
        "stalls", \.stalls,
        [
          .value("fault_after", \.faultAfter) { node throws(Flaw) in
            try node.duration(in: .oneSecond ... .oneYear)
          }
        ]),
      .section(
        "labels", \.labels,
        [.value("pid", \.pid) { node throws(Flaw) in try node.boolean() }]),
      .value("processes", \.processes) { node throws(Flaw) in try node.nameRules() },
      .section(
        "metrics", \.metrics,
        [
          .value("disable", \.disable) { node throws(Flaw) in
            try node.metricNames(known: knownMetrics)
          }
        ]),
      Key(name: "peers", paths: ["peers"] + peerKeys.flatMap(\.paths).map { "peers.\($0)" }) {
        node, settings throws(Flaw) in
        try node.read(peerKeys, into: &settings.peers)
        // Flags come one by one: what they come to is checked after the last.
        if node.position != nil, let complaint = settings.peers.complaint {
          throw node.flaw(complaint)
        }
      },
    ]
  }

  private static var peerKeys: [Key<Peers>] {
    let path = { (node: YAMLNode) throws(Flaw) in node.isNull ? nil : try node.absolutePath() }
    let text = { (node: YAMLNode) throws(Flaw) in node.isNull ? nil : try node.text("a name") }
    return [
      .value("port", \.port) { node throws(Flaw) in try node.integer(in: 1...65535) },
      .value("scheme", \.scheme) { node throws(Flaw) in try node.choice() },
      .value("ca_file", \.caFile, path), .value("server_name", \.serverName, text),
      .value("cert_file", \.certFile, path), .value("key_file", \.keyFile, path),
      .value("user", \.user, text), .value("password_file", \.passwordFile, path),
      .value("timeout", \.timeout) { node throws(Flaw) in
        try node.duration(in: .oneTenthSecond ... .oneHour)
      },
      .value("allow", \.allow) { node throws(Flaw) in try node.addressRanges() },
    ]
  }

  private static var webKeys: [Key<Web>] {
    [
      .value("listen_addresses", \.listenAddresses) { node throws(Flaw) in
        try node.listenAddresses()
      },
      .value("telemetry_path", \.telemetryPath) { node throws(Flaw) in try node.telemetryPath() },
      .value("max_requests", \.maxRequests) { node throws(Flaw) in
        try node.integer(in: 1...10_000)
      },
    ]
  }
}

extension YAMLNode {
  /// A level of swift-log, or Prometheus' word for one.
  fileprivate func logLevel() throws(Flaw) -> Logger.Level {
    if case .scalar("warn", _) = content { return .warning }
    return try choice()
  }

  fileprivate func listenAddresses() throws(Flaw) -> [ListenAddress] {
    let elements = try elements(of: ListenAddress.notations)
    guard !elements.isEmpty else {
      throw flaw("needs at least one address", allowed: "a list of \(ListenAddress.notations)")
    }
    var addresses: [ListenAddress] = []
    for element in elements {
      let text = try element.text("a listen address", allowed: ListenAddress.notations)
      guard let address = ListenAddress(text) else {
        throw element.flaw(
          "\(element.summary) is not a listen address", allowed: ListenAddress.notations)
      }
      guard !address.lacksZone else {
        throw element.flaw(
          "\(element.summary) is link-local and lacks its zone", allowed: "[fe80::1%eth0]:port")
      }
      addresses.append(address)
    }
    return addresses
  }

  fileprivate func telemetryPath() throws(Flaw) -> String {
    let allowed = "a path that begins with /, is longer, and has no blank, ? or #"
    let text = try text("a path", allowed: allowed)
    // Visible ASCII without query and fragment: the path of a request line as it is sent.
    guard text.hasPrefix("/"), text != "/",
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("?"), !text.contains("#")
    else { throw flaw("\(summary) is not a telemetry path", allowed: allowed) }
    return text
  }

  fileprivate func metricNames(known: Set<String>) throws(Flaw) -> Set<String> {
    let prefix = "sockstate_"
    var names: Set<String> = []
    for element in try elements(of: "metric names without \(prefix)") {
      let text = try element.text("a metric", allowed: "names of metrics without \(prefix)")
      guard known.contains(text) else {
        let bare = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        let close = closeMatches(of: bare, among: known.sorted()).prefix(3)
        throw element.flaw(
          "\(element.summary) is not a metric",
          allowed: close.isEmpty
            ? "names of metrics without \(prefix)" : close.joined(separator: ", "))
      }
      names.insert(text)
    }
    return names
  }

  fileprivate func nameRules() throws(Flaw) -> NameRules {
    var rules: [NameRule] = []
    for element in try elements(of: "rules with match and name") {
      rules.append(try element.nameRule())
    }
    return NameRules(rules)
  }

  fileprivate func addressRanges() throws(Flaw) -> [AddressRange] {
    let allowed = "ranges of addresses such as 10.0.0.0/8, fc00::/7"
    var ranges: [AddressRange] = []
    for element in try elements(of: allowed) {
      let text = try element.text("a range of addresses", allowed: allowed)
      guard let range = AddressRange(text) else {
        throw element.flaw("\(element.summary) is not a range of addresses", allowed: allowed)
      }
      ranges.append(range)
    }
    return ranges
  }

  private var allowedNames: String { "text with $1 to $9 for groups, $$ for a dollar sign" }

  private func nameRule() throws(Flaw) -> NameRule {
    var draft = NameRuleDraft()
    try read(
      [
        .section("match", \.patterns, NameRuleDraft.matchKeys),
        .value("name", \.name) { node throws(Flaw) in
          (node, try node.text("a name", allowed: node.allowedNames))
        },
      ], into: &draft)
    guard !draft.patterns.isEmpty else {
      throw flaw("a rule needs patterns in match", allowed: "exe, comm, cmdline, unit")
    }
    guard let (node, text) = draft.name else {
      throw flaw("a rule needs a name", allowed: allowedNames)
    }
    do {
      return try NameRule(patterns: draft.patterns, template: NameTemplate(text))
    } catch {
      throw node.flaw(error.problem, allowed: allowedNames)
    }
  }

  fileprivate func patterns() throws(Flaw) -> [RegularExpression] {
    var patterns: [RegularExpression] = []
    for element in try elements(of: "regular expressions") {
      patterns.append(try element.pattern())
    }
    return patterns
  }

  fileprivate func pattern() throws(Flaw) -> RegularExpression {
    let allowed = "POSIX extended regular expressions"
    let text = try text("a regular expression", allowed: allowed)
    do {
      return try RegularExpression(text)
    } catch {
      throw flaw(
        "bad regular expression \(summary): \(error.problem)",
        allowed: allowed)
    }
  }
}

/// A rule while its keys are read.
private struct NameRuleDraft {
  var patterns: [NameRule.Attribute: RegularExpression] = [:]
  var name: (node: YAMLNode, text: String)?

  static var matchKeys: [Key<[NameRule.Attribute: RegularExpression]>] {
    NameRule.Attribute.allCases.map { attribute in
      .value(attribute.rawValue, \.[attribute]) { node throws(Flaw) in try node.pattern() }
    }
  }
}
