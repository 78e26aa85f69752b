import ArgumentParser
import Configuration
import Exposition
import FoundationEssentials

/// The flags that say how daemons of other hosts are reached: those of the section `peers`.
struct PeerOptions: ParsableArguments {
  @Option(name: .customLong("peers.port"), help: "Port of their daemons. Default 10793.")
  var port: String?

  @Option(
    name: .customLong("peers.scheme"), help: "http or https. Default http.",
    completion: .list(Settings.Peers.Scheme.allCases.map(\.rawValue)))
  var scheme: String?

  @Option(
    name: .customLong("peers.ca-file"),
    help: ArgumentHelp(
      "Certificates (PEM) of the authorities to trust, in place of the system's.",
      valueName: "file"),
    completion: .file())
  var caFile: String?

  @Option(
    name: .customLong("peers.server-name"),
    help: ArgumentHelp(
      "The name that their certificates must have, in place of the address that is asked.",
      valueName: "name"))
  var serverName: String?

  @Option(
    name: .customLong("peers.cert-file"),
    help: ArgumentHelp("Client certificate (PEM) to show.", valueName: "file"),
    completion: .file())
  var certFile: String?

  @Option(
    name: .customLong("peers.key-file"),
    help: ArgumentHelp("Key (PEM) of the client certificate.", valueName: "file"),
    completion: .file())
  var keyFile: String?

  @Option(
    name: .customLong("peers.user"),
    help: ArgumentHelp(
      "User name, only with https; the password comes from $\(Authorization.variable) or --peers.password-file.",
      valueName: "name"))
  var user: String?

  @Option(
    name: .customLong("peers.password-file"),
    help: ArgumentHelp("File whose first line is the password.", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  @Option(
    name: .customLong("peers.timeout"),
    help: ArgumentHelp("How long one answer may take. Default 5s.", valueName: "duration"))
  var timeout: String?

  @Option(
    name: .customLong("peers.allow"),
    help: ArgumentHelp(
      "Addresses that may be asked, such as 10.0.0.0/8; repeatable. Default: private ranges.",
      valueName: "range"))
  var allow: [String] = []

  /// The flags, the key of each, and what was given for it.
  private var given: [(flag: String, key: String, value: String?)] {
    [
      ("--peers.port", "port", port), ("--peers.scheme", "scheme", scheme),
      ("--peers.ca-file", "ca_file", absolute(caFile)),
      ("--peers.server-name", "server_name", serverName),
      ("--peers.cert-file", "cert_file", absolute(certFile)),
      ("--peers.key-file", "key_file", absolute(keyFile)), ("--peers.user", "user", user),
      ("--peers.password-file", "password_file", absolute(passwordFile)),
      ("--peers.timeout", "timeout", timeout),
    ]
  }

  /// The first flag that was given; nil if none was.
  var firstGiven: String? {
    allow.isEmpty ? given.first { $0.value != nil }?.flag : "--peers.allow"
  }

  /// The file's settings, or the defaults, with these flags over them.
  func client(configFile: String?) throws -> PeerClient {
    var settings = Settings()
    do throws(ConfigurationError) {
      if let configFile {
        settings = try .load(path: configFile, knownMetrics: MetricFamily.knownNames)
      }
      for (flag, key, value) in given {
        if let value { try settings.set("peers.\(key)", to: value, flag: flag) }
      }
      if !allow.isEmpty { try settings.set("peers.allow", to: allow, flag: "--peers.allow") }
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
    return try PeerClient(settings.peers)
  }

  private func absolute(_ path: String?) -> String? {
    guard let path, !path.hasPrefix("/") else { return path }
    return FileManager.default.currentDirectoryPath + "/" + path
  }
}
