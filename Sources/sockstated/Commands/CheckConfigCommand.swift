import ArgumentParser
import Configuration
import Exposition
import SocketStates

/// `sockstated check-config FILE`: reads a configuration file and says whether it is good.
struct CheckConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-config", abstract: "Check a configuration file.")

  @Argument(help: "The file.", completion: .file(extensions: ["yaml", "yml"]))
  var file: String

  func run() throws {
    do throws(ConfigurationError) {
      _ = try Settings.load(path: file, knownMetrics: MetricFamily.knownNames)
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
    try StandardOutput.write("\(file.visible): good\n")
  }
}
