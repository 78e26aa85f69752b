package import SocketStates

/// Writes a report as Prometheus text or OpenMetrics.
///
/// Keeps its buffer between reports; one instance serves one thread.
package struct TextExposition: Sendable {
  private let build: BuildInfo
  private let families: [MetricFamily]
  private var writer = SampleWriter()

  /// Leaves out the families whose ``MetricFamily/shortName`` is in `disabled`.
  package init(build: BuildInfo, disabled: Set<String> = []) {
    self.build = build
    families = MetricFamily.all.filter { family in
      family.shortName.map { !disabled.contains($0) } ?? true
    }
  }

  /// Replaces the content of `output`, whose storage is used again.
  package mutating func render(
    _ report: Report, as format: ExpositionFormat, into output: inout [UInt8]
  ) {
    swap(&writer.output, &output)
    writer.startReport(report)
    for family in families { write(family, of: report, as: format) }
    if format == .openMetrics { writer.output.append(contentsOf: "# EOF\n".utf8) }
    swap(&writer.output, &output)
  }

  /// Writes a family whole; one without samples leaves no trace.
  private mutating func write(
    _ family: MetricFamily, of report: Report, as format: ExpositionFormat
  ) {
    let start = writer.output.count
    writeMetadata(of: family, as: format)
    let afterMetadata = writer.output.count
    writer.startFamily(family.name)
    switch family.samples {
    case .ofGroups(let write):
      let groups = report.exposedGroups.span
      for index in groups.indices {
        writer.startGroup(index)
        write(groups, index, &writer)
      }
    case .ofReport(let write): write(report, build, &writer)
    }
    if writer.output.count == afterMetadata {
      writer.output.removeLast(afterMetadata - start)
    }
  }

  private mutating func writeMetadata(of family: MetricFamily, as format: ExpositionFormat) {
    switch format {
    case .text:
      let kind = family.kind == .info ? .gauge : family.kind
      writeMetadata("HELP", family.name, family.help, escapingQuotes: false)
      writeMetadata("TYPE", family.name, kind.rawValue, escapingQuotes: false)
    case .openMetrics:
      writeMetadata("HELP", family.baseName, family.help, escapingQuotes: true)
      writeMetadata("TYPE", family.baseName, family.kind.rawValue, escapingQuotes: true)
      if let unit = family.unit {
        writeMetadata("UNIT", family.baseName, unit, escapingQuotes: true)
      }
    }
  }

  private mutating func writeMetadata(
    _ keyword: String, _ name: String, _ value: String, escapingQuotes: Bool
  ) {
    writer.output.append(contentsOf: "# \(keyword) \(name) ".utf8)
    writer.output.append(value, escapingQuotes: escapingQuotes)
    writer.output.append(UInt8(ascii: "\n"))
  }
}
