import ArgumentParser
import Configuration
import Exposition
import LinuxSockets
import SocketStates

/// `sockstated snapshot`: one poll, printed.
struct SnapshotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Look at the sockets once and print what is there.")

  @OptionGroup var options: CommonOptions

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    let settings: Settings
    do throws(ConfigurationError) {
      settings = try options.settings()
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
    var pollerSettings = SocketPoller.Settings(settings)
    pollerSettings.wantsDestroyEvents = false
    // A person who looks wants to see them all.
    pollerSettings.ledger.suspectAfter = 0
    var poller = SocketPoller(pollerSettings)
    do throws(PollFailure) {
      let report = try poller.poll()
      print(
        json
          ? String(decoding: ReportJSON.groups(report), as: UTF8.self)
          : SnapshotTable.render(report), terminator: "")
    } catch {
      throw Failure(message: error.description)
    }
  }
}
