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

  @Option(
    name: .customLong("user"),
    help: ArgumentHelp(
      "User name, if the daemon requires authentication; the password comes from $\(Authorization.variable) or --password-file.",
      valueName: "name"))
  var user: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp("File whose first line is the password.", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp(
      "Certificates (PEM) of the authorities to trust, in place of the system's. With unix:/path, TLS is spoken there too.",
      valueName: "file"),
    completion: .file())
  var caFile: String?

  @Flag(
    name: .customLong("insecure"),
    help: "Do not verify the daemon's certificate. Whoever answers gets the password.")
  var isInsecure = false

  /// The flags that say which daemon to ask, and whether each takes a value.
  static let connectionFlags = [
    "--connect": true, "--user": true, "--password-file": true, "--ca-file": true,
    "--insecure": false,
  ]

  /// The flags that ask the same way again.
  var invocation: InvocationFlags {
    let given = connect == nil ? common.given : connection
    let flags = given.flatMap { name, value in value.map { [name, $0] } ?? [] }
    return InvocationFlags(flags + (connect != nil && isInsecure ? ["--insecure"] : []))
  }

  private var connection: [(name: String, value: String?)] {
    [
      ("--connect", connect), ("--user", user), ("--password-file", passwordFile),
      ("--ca-file", caFile),
    ]
  }

  /// Where to ask.
  /// - Parameters:
  ///   - own: flags of the command that are for polls of its own, and what was given for each.
  ///   - adjust: changes the settings of such polls.
  func source(
    own: [(name: String, value: String?)] = [], _ adjust: (inout SocketPoller.Settings) -> Void
  ) throws -> ReportSource {
    guard let connect else {
      if let flag = connection.first(where: { $0.value != nil })?.name
        ?? (isInsecure ? "--insecure" : nil)
      {
        throw Failure(message: "\(flag): only allowed with --connect", status: Failure.usage)
      }
      return .host(try pollerSettings(adjust))
    }
    if let flag = (common.given + own).first(where: { $0.value != nil })?.name {
      throw Failure(
        message: "\(flag): not allowed with --connect; the daemon's own polls and settings apply",
        status: Failure.usage)
    }
    return .daemon(try client(DaemonAddress(connect)))
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

  private func client(_ address: DaemonAddress) throws -> DaemonClient {
    var client = DaemonClient(address: address)
    if let user {
      client.authorization = try Authorization.basic(user: user, passwordFile: passwordFile)
    } else if passwordFile != nil {
      throw Failure(message: "--password-file: only allowed with --user", status: Failure.usage)
    }
    let isAboutTLS = caFile != nil || isInsecure
    if case .tcp = address.place, !address.isSecure, isAboutTLS {
      throw Failure(
        message:
          "\(caFile == nil ? "--insecure" : "--ca-file"): only allowed with https:// and unix:",
        status: Failure.usage)
    }
    if address.isSecure || isAboutTLS {
      client.tls = try ClientTLS(to: address, caFile: caFile, isInsecure: isInsecure)
    }
    if isInsecure {
      StandardError.tell(
        "WARNING: --insecure: the certificate of \(address.text.visible) is NOT verified; whoever is in between can read and change everything, the password included"
      )
    }
    return client
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
