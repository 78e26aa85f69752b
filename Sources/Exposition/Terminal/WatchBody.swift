package import SocketStates

/// What `watch` shows of a report: the headlines of what is at fault, then the tables of `snapshot`.
package enum WatchBody {
  /// Headlines that are shown at most.
  private static let headlines = 5

  /// The text, each line ended by a newline.
  package static func render(_ report: Report, _ view: TextView = TextView()) -> String {
    let shown = report.findings.filter { $0.severity > .normal && view.filter.admits($0.labels) }
    var text = shown.prefix(headlines).map { headline($0, view) + "\n" }.joined()
    if shown.count > headlines {
      text += "\(view.style.ellipsis) and \(shown.count - headlines) more\n"
    }
    return text + (text.isEmpty ? "" : "\n") + SnapshotTable.render(report, view)
  }

  private static func headline(_ finding: Finding, _ view: TextView) -> String {
    let isFault = finding.severity == .fault
    let words = FindingWords(finding, showsAddresses: view.showsAddresses)
    let text = ((isFault ? "FAULT: " : "NOTE: ") + words.headline).visible
    return view.style.apply(
      isFault ? .fault : .notice, to: view.style.truncated(text, to: view.style.width ?? 80))
  }
}
