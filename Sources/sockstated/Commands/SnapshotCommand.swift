import ArgumentParser
import Exposition
import LinuxSockets
import SocketStates

/// `sockstated snapshot`: one poll, printed.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Poll the sockets once and print them.",
    discussion: """
      Prints the CLOSE-WAIT sockets that wait for their process, then the sockets by process, unit, port and \
      state. With --state, --process, --port or --pid it prints the sockets one by one. Without root it prints \
      what anybody may know, and says what is not visible. With --connect it prints the daemon's answer of \
      /api/v1/snapshot.
      """)

  @OptionGroup var options: SourceOptions
  @OptionGroup var table: TableOptions

  @Flag(help: "Print JSON: that of /api/v1/groups or, with a filter, of /api/v1/sockets.")
  var json = false

  func run() throws {
    let query = try table.query()
    let source = try options.source { settings in
      settings.wantsDestroyEvents = false
      // A person wants to see all of them, however young.
      settings.tracker.listStuckAfter = 0
    }
    switch source {
    case .daemon(let client):
      try StandardOutput.write(
        client.answer("/api/v1/snapshot", query.items(ReportQuery.table), asJSON: json))
    case .host(let settings):
      var host = HostPoller(settings)
      let observation = try host.poll(listsSockets: !query.view.filter.isEmpty)
      try StandardOutput.write(observation.snapshot(query.view, as: json ? .json : .text))
      // The JSON is that of the routes, which has no place for it.
      guard json else { return }
      for each in observation.notVisible {
        StandardError.tell("not visible: \(each.visible)")
      }
    }
  }
}
