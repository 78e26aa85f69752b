import Exposition
import SocketStates

/// The page at `/`: where to go, and the groups now.
enum LandingPage {
  /// A complete HTML document without scripts.
  static func html(report: Report?, telemetryPath: String, showsAddresses: Bool) -> String {
    var shown = report
    // Their table names the peers.
    if !showsAddresses { shown?.suspects = [] }
    let table = shown.map { SnapshotTable.render($0) } ?? "No poll has finished yet.\n"
    return """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>sockstated</title>
      <style>
      :root { color-scheme: light dark; font-family: system-ui, sans-serif; margin: 2rem }
      pre { overflow-x: auto }
      </style>
      <h1>sockstated</h1>
      <p>\(escaped(BuildInfo.current.description)): TCP sockets of this host by process, unit and port.</p>
      <p><a href="\(escaped(telemetryPath))">Metrics</a> · <a href="/-/healthy">Health</a></p>
      <pre>\(escaped(table))</pre>
      </html>

      """
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }
}
