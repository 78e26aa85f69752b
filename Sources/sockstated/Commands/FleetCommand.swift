import ArgumentParser
import Configuration
import Exposition
import Glibc
import SocketStates

/// `sockstated fleet`: what was found on many hosts, joined.
struct FleetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Ask the daemons of many hosts what they have found, and say what follows from what.",
    discussion: """
      A target is host, host:port, or a file as Prometheus' file-based discovery has it (JSON or YAML; its name has a \
      slash or ends with .json, .yml or .yaml), or with a plain list of them. All are asked at once. Findings whose \
      cause is on another host stand beneath it; hosts that do not answer, or do not show connections to this client, \
      are listed with what that leaves open.

      Exit status: 0 if a host has answered; 1 if none has.
      """)

  @Argument(
    help: ArgumentHelp("Hosts, or files that list them.", valueName: "targets"),
    completion: .file(extensions: ["json", "yaml", "yml"]))
  var targets: [String]

  @Option(
    name: .customLong("config.file"), help: "Configuration file (YAML), for its section peers.",
    completion: .file(extensions: ["yaml", "yml"]))
  var configFile: String?

  @OptionGroup var peers: PeerOptions

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(help: "Ask again and again, until the command is ended.")
  var watch = false

  @Option(
    help: ArgumentHelp("With --watch: time between two rounds.", valueName: "duration"))
  var interval = "10s"

  func run() async throws {
    let interval = try Duration.flag(self.interval, "--interval", atLeast: 1000)
    let client = try peers.client(configFile: configFile)
    let targets = try Self.read(targets)
    var view = TextView()
    view.style = .ofOutput
    repeat {
      let fleet = Fleet(await FleetRound.hosts(targets, client))
      let output = json ? fleet.json() : Array(fleet.text(view).utf8)
      // Home, and what was there before is gone (ECMA-48 CUP, ED).
      let isDrawn = watch && !json && isatty(STDOUT_FILENO) == 1
      try StandardOutput.write((isDrawn ? Array("\u{1b}[H\u{1b}[J".utf8) : []) + output)
      if watch {
        try await Task.sleep(for: .milliseconds(interval))
      } else if fleet.hosts.allSatisfy({ $0.trouble != nil }) {
        throw Failure(message: "no host has answered")
      }
    } while watch
  }

  private static func read(_ words: [String]) throws(Failure) -> [TargetList.Target] {
    var targets: [TargetList.Target] = []
    for word in words {
      if word.contains("/") || [".json", ".yml", ".yaml"].contains(where: word.hasSuffix) {
        do throws(ConfigurationError) {
          targets += try TargetList.load(path: word)
        } catch {
          throw Failure(message: "\(error)", status: Failure.usage)
        }
      } else if let target = TargetList.Target(word) {
        targets.append(target)
      } else {
        throw Failure(
          message:
            "\(word): not a target; allowed: host, host:port, [IPv6 address]:port, or the name of a file",
          status: Failure.usage)
      }
    }
    var seen: Set<TargetList.Target> = []
    targets = targets.filter { seen.insert($0).inserted }
    guard !targets.isEmpty else {
      throw Failure(message: "the files have no target", status: Failure.usage)
    }
    return targets
  }
}
