internal import SocketStates

/// One metric: what it is called, what it means, and how its samples are read from a report.
package struct MetricFamily: Sendable {
  /// The type, as OpenMetrics names it.
  package enum Kind: String, Sendable {
    case counter
    case gauge
    case histogram
    /// Labels that describe, with the value 1; a gauge where the format has no such type.
    case info
  }

  /// Where the samples come from.
  enum Samples: Sendable {
    /// The group's labels come first in each.
    case groups(GroupLines)
    /// Called once a report.
    case once(@Sendable (Report, BuildInfo, inout SampleWriter) -> Void)
  }

  /// The full name of the samples, `_total` and `_info` included.
  package let name: String
  package let kind: Kind
  package let help: String
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

  /// The unit that the name ends in; nil where things are counted.
  package var unit: String? {
    let base = baseName
    return ["seconds", "bytes"].first { base.hasSuffix("_" + $0) }
  }
}

extension MetricFamily {
  /// A metric with the labels of the group.
  static func group(
    _ name: String, _ kind: Kind, _ help: String, _ lines: [GroupLine] = [GroupLine()],
    _ numbers: @escaping GroupLines.Numbers
  ) -> MetricFamily {
    MetricFamily(
      name: prefix + name, kind: kind, help: help,
      samples: .groups(GroupLines(prefix + name, lines, numbers)))
  }

  /// A counter of a group, absent where the source delivers no tcp_info.
  static func counter(
    _ name: String, _ help: String, in unit: GroupLine.Unit = .one,
    _ number: @escaping @Sendable (Span<GroupReport>, Int) -> UInt64?
  ) -> MetricFamily {
    group(name, .counter, help, [GroupLine(unit: unit)]) { groups, index, samples in
      if let number = number(groups, index) { samples.add(number) }
    }
  }

  /// One of the kernel's own numbers, absent where this kernel has none.
  static func host(
    _ name: String, _ kind: Kind, _ help: String,
    _ value: @escaping @Sendable (HostCounters) -> UInt64?
  ) -> MetricFamily {
    daemon("host_" + name, kind, help) { report, _, writer in
      for space in report.namespaces {
        if let value = space.host.flatMap(value) {
          writer.sample(space.netns.asNamespaceLabel, value)
        }
      }
    }
  }

  /// A metric without group.
  static func daemon(
    _ name: String, _ kind: Kind, _ help: String,
    _ body: @escaping @Sendable (Report, BuildInfo, inout SampleWriter) -> Void
  ) -> MetricFamily {
    MetricFamily(name: prefix + name, kind: kind, help: help, samples: .once(body))
  }

  /// A metric of the HTTP server, absent where there is none.
  static func http(
    _ name: String, _ kind: Kind, _ help: String,
    _ body: @escaping @Sendable (HTTPStatistics, inout SampleWriter) -> Void
  ) -> MetricFamily {
    daemon("http_" + name, kind, help) { report, _, writer in
      if let http = report.daemon.http { body(http, &writer) }
    }
  }

  /// A metric of the daemon's process, named as every Prometheus client names it.
  static func process(
    _ name: String, _ kind: Kind, _ help: String,
    _ body: @escaping @Sendable (ProcessStatistics, inout SampleWriter) -> Void
  ) -> MetricFamily {
    MetricFamily(
      name: "process_" + name, kind: kind, help: help,
      samples: .once { report, _, writer in
        if let process = report.daemon.process { body(process, &writer) }
      })
  }
}
