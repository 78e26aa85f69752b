import ArgumentParser
import Configuration
import Logging

/// The flags of `serve`, named after Prometheus' own programs.
struct ServeOptions: ParsableArguments {
  @OptionGroup var common: CommonOptions

  @Option(
    name: .customLong("web.listen-address"),
    help: "Address to listen on: [host]:port or unix:/path; repeatable. Default :10793.")
  var listenAddresses: [String] = []

  @Flag(
    name: .customLong("web.systemd-socket"),
    help: "Serve on the sockets that systemd passes, in place of listen addresses.")
  var systemdSocket = false

  @Option(
    name: .customLong("web.config.file"),
    help: "Prometheus' web configuration file: TLS, client certificates, passwords, headers.",
    completion: .file(extensions: ["yaml", "yml"]))
  var webConfigFile: String?

  @Option(
    name: .customLong("web.telemetry-path"), help: "Path of the metrics. Default /metrics.")
  var telemetryPath: String?

  @Option(
    name: .customLong("web.max-requests"),
    help: "Queries and large responses under way at a time. Default 40.")
  var maxRequests: String?

  @Option(
    name: .customLong("poll.interval"),
    help: "Time from one look at the sockets to the next. Default 5s.")
  var pollInterval: String?

  @Option(
    name: .customLong("poll.max-cpu"),
    help: "Share of one core that polls may take; past it they come less often. Default 5%.")
  var pollMaxCPU: String?

  @Option(
    name: .customLong("log.level"),
    help: "trace, debug, info, notice, warning (or warn), error or critical. Default info.",
    completion: .list(Logger.Level.allCases.map(\.rawValue)))
  var logLevel: String?

  @Option(
    name: .customLong("log.format"), help: "logfmt or json. Default logfmt.",
    completion: .list(Settings.Log.Format.allCases.map(\.rawValue)))
  var logFormat: String?

  /// The file's settings, or the defaults, with all flags over them.
  func settings() throws(ConfigurationError) -> Settings {
    var settings = try common.settings()
    if !listenAddresses.isEmpty {
      try settings.set(
        "web.listen_addresses", to: listenAddresses, flag: "--web.listen-address")
    }
    let flags = [
      ("web.telemetry_path", telemetryPath, "--web.telemetry-path"),
      ("web.max_requests", maxRequests, "--web.max-requests"),
      ("poll.interval", pollInterval, "--poll.interval"),
      ("poll.max_cpu", pollMaxCPU, "--poll.max-cpu"),
      ("log.level", logLevel, "--log.level"),
      ("log.format", logFormat, "--log.format"),
    ]
    for (key, value, flag) in flags {
      if let value { try settings.set(key, to: value, flag: flag) }
    }
    return settings
  }
}
