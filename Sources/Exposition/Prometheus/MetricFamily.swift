internal import SocketStates

/// One metric: what it is called, what it means, and how its samples are read from a report.
///
/// What is written here is the text that `/metrics` serves, and the page docs/metrics.md, which a
/// test compares with it.
package struct MetricFamily: Sendable {
  /// The type, as OpenMetrics names it.
  package enum Kind: String, Sendable {
    case counter
    case gauge
    case histogram
    /// Labels that describe, with the value 1; a gauge in formats without such a type.
    case info
  }

  /// How the samples are written.
  enum Samples: Sendable {
    /// Called for each group; its labels come first in each sample.
    case ofGroups(Group)
    /// Called once a report.
    case ofReport(@Sendable (Report, BuildInfo, inout SampleWriter) -> Void)
  }

  /// Writes the samples of the group with this index.
  ///
  /// A group has some hundreds of bytes and strings: passed itself, it would be copied for each family.
  typealias Group = @Sendable (Span<GroupReport>, Int, inout SampleWriter) -> Void

  /// Labels, and what their values are: ``values(of:_:)`` or a description.
  package typealias Labels = KeyValuePairs<String, String>

  /// The full name of the samples, `_total` and `_info` included.
  package let name: String
  package let kind: Kind
  /// What is measured, in one line.
  package let help: String
  /// The labels beyond those that its ``MetricSection`` gives to all.
  package let labels: Labels
  /// Where the numbers come from, in Markdown: a kernel file with its field, a field of sock_diag,
  /// or the daemon itself.
  package let source: String
  /// When there are no samples, in Markdown; empty if there are always.
  package let absent: String
  let samples: Samples

  static let prefix = "sockstate_"

  /// The name in the config's `metrics.disable`; nil for families that cannot be left out.
  package var shortName: String? {
    name.hasPrefix(Self.prefix) ? String(name.dropFirst(Self.prefix.count)) : nil
  }

  /// The name without the suffix that OpenMetrics gives to samples only.
  package var baseName: String {
    switch kind {
    case .counter: String(name.dropLast("_total".count))
    case .info: String(name.dropLast("_info".count))
    case .gauge, .histogram: name
    }
  }

  /// The unit that the name ends in; nil if things are counted.
  package var unit: String? {
    let base = baseName
    return ["seconds", "bytes"].first { base.hasSuffix("_" + $0) }
  }
}

extension MetricFamily {
  /// A metric with the labels of the group.
  static func group(
    _ name: String, _ kind: Kind, _ help: String, labels: Labels = [:], from source: String,
    absent: String, _ write: @escaping Group
  ) -> MetricFamily {
    MetricFamily(
      name: prefix + name, kind: kind, help: help, labels: labels, source: source, absent: absent,
      samples: .ofGroups(write))
  }

  /// A metric of a group that needs tcp_info, which only sock_diag delivers.
  static func tcpInfo(
    _ name: String, _ kind: Kind, _ help: String, labels: Labels = [:],
    from source: String, absent: String = "",
    _ write: @escaping @Sendable (GroupCounters, inout SampleWriter) -> Void
  ) -> MetricFamily {
    group(
      name, kind, help, labels: labels, from: source,
      absent: "the source is procfs" + (absent.isEmpty ? "" : "; " + absent)
    ) { groups, index, writer in
      if let counters = groups[index].counters { write(counters, &writer) }
    }
  }

  /// A metric without group.
  static func daemon(
    _ name: String, _ kind: Kind, _ help: String, labels: Labels = [:], from source: String = "",
    absent: String = "",
    _ write: @escaping @Sendable (Report, BuildInfo, inout SampleWriter) -> Void
  ) -> MetricFamily {
    MetricFamily(
      name: prefix + name, kind: kind, help: help, labels: labels, source: source, absent: absent,
      samples: .ofReport(write))
  }

  /// One of the kernel's own numbers, for each network namespace that is watched.
  static func host(
    _ name: String, _ kind: Kind, _ help: String, from source: String,
    absent: String = "the kernel has no such field",
    _ value: @escaping @Sendable (HostCounters) -> UInt64?
  ) -> MetricFamily {
    daemon("host_" + name, kind, help, from: source, absent: absent) { report, _, writer in
      for namespace in report.namespaces {
        if let value = namespace.host.flatMap(value) {
          writer.sample(namespace.netns.asNamespaceLabel, value)
        }
      }
    }
  }

  /// Some of the kernel's own numbers that one label tells apart.
  static func host<Case: CaseIterable & Hashable & Sendable & RawRepresentable<String>>(
    _ name: String, _ kind: Kind, _ help: String, label: String, _ cases: Case.Type,
    from source: String, _ values: @escaping @Sendable (HostCounters) -> [Case: UInt64]
  ) -> MetricFamily {
    let all = Array(cases.allCases)
    return daemon(
      "host_" + name, kind, help,
      labels: KeyValuePairs(dictionaryLiteral: (label, self.values(of: cases, \.rawValue))),
      from: source, absent: "the kernel has no such field"
    ) { report, _, writer in
      for namespace in report.namespaces {
        guard let numbers = namespace.host.map(values) else { continue }
        for each in all {
          guard let number = numbers[each] else { continue }
          writer.sample([(label, each.rawValue)] + namespace.netns.asNamespaceLabel, number)
        }
      }
    }
  }

  /// A metric of the HTTP server.
  static func http(
    _ name: String, _ kind: Kind, _ help: String, labels: Labels = [:],
    _ write: @escaping @Sendable (HTTPStatistics, inout SampleWriter) -> Void
  ) -> MetricFamily {
    daemon("http_" + name, kind, help, labels: labels) { report, _, writer in
      if let http = report.daemon.http { write(http, &writer) }
    }
  }

  /// A metric of the daemon's process, named as every Prometheus client names it.
  static func process(
    _ name: String, _ kind: Kind, _ help: String, from source: String,
    _ write: @escaping @Sendable (ProcessStatistics, inout SampleWriter) -> Void
  ) -> MetricFamily {
    MetricFamily(
      name: "process_" + name, kind: kind, help: help, labels: [:], source: source, absent: "",
      samples: .ofReport { report, _, writer in
        if let process = report.daemon.process { write(process, &writer) }
      })
  }

  /// The values that a label can have, for ``Labels``.
  static func values<Case: CaseIterable>(of type: Case.Type, _ value: (Case) -> String) -> String {
    values(type.allCases.map(value))
  }

  /// The values that a label can have, for ``Labels``.
  static func values(_ values: [String]) -> String {
    values.map { "`\($0)`" }.joined(separator: ", ")
  }
}
