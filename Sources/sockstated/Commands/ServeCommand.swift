import ArgumentParser
import Configuration
import Exposition
import Glibc
import LinuxSockets
import Logging
import MetricsServer
import ServiceLifecycle
import UnixSignals

/// `sockstated [serve]`: polls, and serves metrics until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Poll the sockets and serve metrics (the default).")

  @OptionGroup var options: ServeOptions

  func run() async throws {
    OwnMemory.conceal()
    // A log whose reader has gone is a write that fails, and not the end of the daemon.
    _ = signal(SIGPIPE, SIG_IGN)
    let settings = try readSettings()
    let logger = makeLogger(settings.log)
    let configuration = try serverConfiguration(settings, logger)
    let security = try securityFile(logger)
    logger.info(
      "starting",
      metadata: [
        "version": "\(BuildInfo.current.version)", "revision": "\(BuildInfo.current.revision)",
      ])
    let manager = ServiceManager()
    let poll = PollSettings(settings, reload: .successful)
    let store = ReportStore(interval: poll.interval)
    let statistics = StatisticsRecorder()
    let routes = Routes(
      store: store, disabled: settings.metrics.disable, statistics: statistics,
      procfs: ProcFS(root: settings.procfs))
    let loop: PollLoop
    do {
      loop = try PollLoop(store: store, manager: manager, logger: logger)
    } catch {
      throw Failure(message: "\(error)")
    }
    let server = MetricsServer(
      configuration: configuration,
      routes: routes.table(telemetryPath: settings.web.telemetryPath),
      slowRoutes: routes.slowTable(loop), security: security, statistics: statistics,
      logger: logger)
    do {
      try await server.start()
    } catch {
      throw Failure(message: "\(error)")
    }
    let pollService = PollService(loop: loop, settings: poll) {
      // The listener is bound already.
      manager.notify("READY=1")
      logger.info("first poll published")
    }
    let group = ServiceGroup(
      services: [
        WebService(server: server), pollService,
        ReloadService(
          options: options, settings: settings, loop: loop, routes: routes, manager: manager,
          logger: logger),
      ],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet(logger))
    try await group.run()
    manager.notify("STOPPING=1")
    logger.info("stopped")
  }

  private func readSettings() throws -> Settings {
    do throws(ConfigurationError) {
      return try options.settings()
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
  }

  private func serverConfiguration(
    _ settings: Settings, _ logger: Logger
  ) throws -> ServerConfiguration {
    var configuration = ServerConfiguration(settings.web)
    guard options.systemdSocket else {
      if SystemdSockets.arePassed {
        logger.warning(
          "systemd has passed sockets (LISTEN_FDS), which are not served: start with --web.systemd-socket, or disable the socket unit"
        )
      }
      return configuration
    }
    do {
      configuration.listenAddresses = try SystemdSockets.take().map { .passed(descriptor: $0) }
    } catch {
      throw Failure(message: "--web.systemd-socket: \(error)")
    }
    return configuration
  }

  private func securityFile(_ logger: Logger) throws -> SecurityFile? {
    guard let path = options.webConfigFile else { return nil }
    do {
      return try SecurityFile(path: path, logger: logger) { try WebConfig.load(path: path) }
    } catch {
      throw Failure(message: "\(error)", status: Failure.usage)
    }
  }

  private func makeLogger(_ log: Settings.Log) -> Logger {
    Logger(label: "sockstated") { _ in
      StandardErrorLog(
        format: log.format, level: log.level, isJournal: StandardErrorLog.writesToJournal)
    }
  }

  /// For libraries: what they find worth an `info` is detail here.
  private func quiet(_ logger: Logger) -> Logger {
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    return quiet
  }
}
