import ArgumentParser
import Configuration
import Exposition
import LinuxSockets
import SocketStates

/// Where a command gets its answer from.
enum ReportSource: Sendable {
  /// Polls of its own on this host.
  case host(SocketPoller.Settings)
  /// A running daemon.
  case daemon(DaemonClient)
}

/// The flags of the commands that poll this host by themselves, or ask a daemon.
struct SourceOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Option(
    name: .customLong("connect"),
    help: ArgumentHelp(
      "Ask a running daemon: unix:/path, http://host:port or https://host:port. It has been polling, so ages and counters are there at once.",
      valueName: "address"))
  var connect: String?

  @OptionGroup var access: AccessOptions

  /// The flags that say which daemon to ask, and whether each takes a value.
  static let connectionFlags = [
    "--connect": true, "--user": true, "--password-file": true, "--ca-file": true,
    "--insecure": false,
  ]

  /// The flags that ask the same way again.
  var invocation: InvocationFlags {
    let given = connect == nil ? common.given : connection
    let flags = given.flatMap { name, value in value.map { [name, $0] } ?? [] }
    return InvocationFlags(flags + (connect != nil && access.isInsecure ? ["--insecure"] : []))
  }

  private var connection: [(name: String, value: String?)] {
    [("--connect", connect)] + access.given
  }

  /// Where to ask.
  /// - Parameters:
  ///   - own: flags of the command that are for polls of its own, and what was given for each.
  ///   - readsFile: whether the command has a use of its own for the configuration file.
  ///   - adjust: changes the settings of such polls.
  func source(
    own: [(name: String, value: String?)] = [], readsFile: Bool = false,
    _ adjust: (inout SocketPoller.Settings) -> Void
  ) throws -> ReportSource {
    guard let connect else {
      if let flag = connection.first(where: { $0.value != nil })?.name
        ?? (access.isInsecure ? "--insecure" : nil)
      {
        throw Failure(message: "\(flag): only allowed with --connect", status: Failure.usage)
      }
      return .host(try pollerSettings(adjust))
    }
    if let flag = (common.given + own).first(where: {
      $0.value != nil && !(readsFile && $0.name == "--config.file")
    })?.name {
      throw Failure(
        message: "\(flag): not allowed with --connect; the daemon's own polls and settings apply",
        status: Failure.usage)
    }
    return .daemon(try access.client(DaemonAddress(connect, named: "--connect")))
  }

  private func pollerSettings(_ adjust: (inout SocketPoller.Settings) -> Void) throws
    -> SocketPoller.Settings
  {
    let settings: Settings
    do throws(ConfigurationError) {
      settings = try common.settings()
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
    var poller = SocketPoller.Settings(settings)
    adjust(&poller)
    return poller
  }
}

/// The flags of a table: which sockets, in which order.
struct TableOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only sockets in this state, such as close_wait or CLOSE-WAIT, or in those that ss calls all, connected, synchronized, bucket or big.",
      valueName: "state"),
    completion: .list(TCPState.allCases.map(\.label)))
  var state: String?

  @Option(help: ArgumentHelp("Only sockets of the process of this name.", valueName: "name"))
  var process: String?

  @Option(help: ArgumentHelp("Only sockets of this service port.", valueName: "port"))
  var port: String?

  @Option(help: ArgumentHelp("Only sockets of the process with this id.", valueName: "pid"))
  var pid: String?

  @Option(
    help: ArgumentHelp("Sort by this.", valueName: "order"),
    completion: .list(GroupOrder.allCases.map(\.rawValue)))
  var sort = GroupOrder.severity

  /// What is asked for, as standard output shows it.
  func query() throws -> ReportQuery {
    var query = ReportQuery()
    query.view.filter = SocketFilter(state: state, process: process, port: port, pid: pid)
    if let complaint = query.view.filter.complaint {
      throw Failure(message: "--\(complaint)", status: Failure.usage)
    }
    query.view.order = sort
    query.view.style = .ofOutput
    return query
  }
}

extension GroupOrder: ExpressibleByArgument {}
