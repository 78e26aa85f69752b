import ArgumentParser
import Exposition
import LinuxSockets
import SocketStates

/// `sockstated snapshot`: one look, printed.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Look at the sockets once and print what is there.",
    discussion: """
      Prints the CLOSE-WAIT sockets that wait for their process, then the sockets by process, unit, port and \
      state. With --state, --process or --port it prints the sockets one by one. Without root it prints what \
      anybody may know, and says what is missing.
      """)

  @OptionGroup var look: LookOptions
  @OptionGroup var only: FilterOptions

  @Flag(help: "Print JSON: what /api/v1/groups or, with a filter, /api/v1/sockets answers.")
  var json = false

  func run() throws {
    let filter = try only.filter()
    var reportSource = try look.reportSource { settings in
      settings.wantsDestroyEvents = false
      // A person who looks wants to see them all.
      settings.tracker.listStuckAfter = 0
    }
    let report = try reportSource.look(listing: filter.isEmpty ? nil : filter)
    if json {
      let bytes =
        filter.isEmpty
        ? ReportJSON.groups(report) : ReportJSON.sockets(report, filter, showsAddresses: true)
      StandardOutput.write(String(decoding: bytes, as: UTF8.self))
    } else {
      let style = TerminalStyle.ofOutput
      StandardOutput.write(
        filter.isEmpty
          ? SnapshotTable.render(report, style) : SnapshotTable.render(report, filter, style))
    }
    for missing in reportSource.missing {
      StandardError.write("sockstated: not seen: \(missing)\n")
    }
  }
}
