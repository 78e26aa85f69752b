import ArgumentParser
import Exposition
import Glibc
import LinuxSockets
import SocketStates

/// `sockstated [serve]`, `snapshot`, `watch`, `explain`, `check-config`, `check-health`.
@main struct Sockstated: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sockstated",
    abstract: "Knows the state of every TCP socket on this host, and whose it is.",
    version: BuildInfo.current.description,
    subcommands: [
      ServeCommand.self, SnapshotCommand.self, WatchCommand.self, ExplainCommand.self,
      FleetCommand.self, CheckConfigCommand.self, CheckHealthCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)

  /// Runs the command at a priority that needs no privilege: where raising it is forbidden, an
  /// asynchronous `main` makes the runtime complain on standard error.
  static func main() {
    openStandardDescriptors()
    Capabilities.raisePermitted()
    Task.detached(priority: .medium) { await run() }
    while true { pause() }
  }

  /// Ends with 2 where the user's words or file are wrong, as Prometheus' programs do, and with 1
  /// where the machine refuses.
  private static func run() async {
    do {
      var command = try parseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      Glibc.exit(0)
    } catch let error as Failure {
      if let related = error.related, (try? StandardOutput.write(related)) != nil {
        Glibc.exit(error.status)
      }
      fail(error.message.visible, error.status)
    } catch {
      let code = exitCode(for: error)
      // Help and version.
      guard code != .success else {
        do throws(Failure) {
          try StandardOutput.write(fullMessage(for: error) + "\n")
          Glibc.exit(0)
        } catch {
          fail(error.message, error.status)
        }
      }
      let lines = message(for: error).split(separator: "\n").map { String($0).visible }
      fail(
        lines.joined(separator: "\n"), code == .validationFailure ? Failure.usage : code.rawValue)
    }
  }

  private static func fail(_ message: String, _ status: Int32) -> Never {
    StandardError.tell(message)
    Glibc.exit(status)
  }

  /// Opens those of the descriptors 0 to 2 that are closed, so that no socket or file gets their number and
  /// what is meant for the user. Reads from and writes to them fail as before.
  private static func openStandardDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}

/// Why the program ends: one line for the user.
struct Failure: Error {
  /// Exit status where flags or files are wrong.
  static let usage: Int32 = 2

  var message: String
  var status: Int32 = 1
  /// What may be related to what was asked for and is not known: it takes the place of the message.
  var related: [UInt8]?
}

extension BuildInfo {
  /// What this program was built from.
  static let current = BuildInfo(
    version: BuildVersion.version, revision: BuildVersion.revision, swiftVersion: compilerVersion)

  /// As far as a compiler condition can tell.
  private static var compilerVersion: String {
    #if compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  /// `sockstated 0.2.0 (revision …, Swift …)`.
  var description: String {
    "sockstated \(version) (revision \(revision), Swift \(swiftVersion))"
  }
}
