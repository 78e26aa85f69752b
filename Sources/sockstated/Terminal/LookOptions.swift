import ArgumentParser
import Configuration
import Exposition
import LinuxSockets
import SocketStates

/// The flags of the commands that look: at this host by themselves, or by way of a daemon.
struct LookOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Option(
    name: .customLong("connect"),
    help: ArgumentHelp(
      "Ask a running daemon: unix:/path or http://host:port. It has watched, so ages and counters are there at once.",
      valueName: "address"))
  var connect: String?

  @Option(
    name: .customLong("user"),
    help: ArgumentHelp(
      "User where the daemon asks for a password; that is taken from $\(Authorization.variable) or --password-file.",
      valueName: "name"))
  var user: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp("File whose first line is the password.", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  /// The flags that look the same way again.
  var again: InvocationFlags {
    let given =
      connect == nil
      ? common.given
      : [("--connect", connect), ("--user", user), ("--password-file", passwordFile)]
    return InvocationFlags(given.flatMap { name, value in value.map { [name, $0] } ?? [] })
  }

  /// How to look, with these settings for a look at this host.
  func reportSource(_ adjust: (inout SocketPoller.Settings) -> Void) throws -> ReportSource {
    if let connect {
      var client = DaemonClient(address: try DaemonAddress(connect))
      if let user {
        client.authorization = try Authorization.basic(user: user, passwordFile: passwordFile)
      }
      return ReportSource(client)
    }
    let settings: Settings
    do throws(ConfigurationError) {
      settings = try common.settings()
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
    var poller = SocketPoller.Settings(settings)
    adjust(&poller)
    return ReportSource(poller)
  }
}

/// The flags that say which sockets are meant.
struct FilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Only sockets in this state, such as close_wait.", valueName: "state"),
    completion: .list(TCPState.allCases.map(\.label)))
  var state: String?

  @Option(help: ArgumentHelp("Only sockets of the process of this name.", valueName: "name"))
  var process: String?

  @Option(help: ArgumentHelp("Only sockets of this service port.", valueName: "port"))
  var port: String?

  /// The filter.
  func filter() throws -> SocketFilter {
    let filter = SocketFilter(state: state, process: process, port: port)
    if let complaint = filter.complaint {
      throw Failure(message: "--\(complaint)", status: Failure.usage)
    }
    return filter
  }
}
