import Configuration
import LinuxSockets
import MetricsServer
import SocketStates

/// The user's settings in the words of the modules, which do not know the configuration.
extension PollSettings {
  init(_ settings: Settings, reload: ReloadOutcome) {
    self.init(
      interval: settings.poll.interval.milliseconds, poller: SocketPoller.Settings(settings),
      reload: reload)
  }
}

extension SocketPoller.Settings {
  init(_ settings: Settings) {
    self.init()
    source = SourcePolicy.Choice(rawValue: settings.source.rawValue) ?? .auto
    procfs = settings.procfs
    wantsDestroyEvents = settings.destroyEvents == .auto
    ledger.groups = settings.limits.groups
    ledger.linger = settings.limits.linger.milliseconds
    ledger.destinations = settings.limits.destinations
    ledger.stuckAfter = settings.closeWait.stuckAfter.milliseconds
    ledger.pidLabel = settings.labels.pid
    let rules = settings.processes
    rename = { facts in
      rules.name(
        exe: facts.executable.isEmpty ? nil : facts.executable, comm: facts.command,
        cmdline: facts.arguments.joined(separator: " "), unit: facts.unit)
    }
  }
}

extension ServerConfiguration {
  init(_ web: Settings.Web) {
    self.init(
      listenAddresses: web.listenAddresses.map { address in
        switch address {
        case .tcp(let host, let port): .tcp(host: host, port: Int(port))
        case .unix(let path): .unix(path: path)
        }
      })
    maxRequests = web.maxRequests
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
