import Configuration
import LinuxSockets
import MetricsServer
import SocketStates

/// The user's settings in the words of the modules, which do not know the configuration.
extension PollSettings {
  init(_ settings: Settings, reload: ReloadOutcome) {
    var poller = SocketPoller.Settings(settings)
    poller.budget = WholePollSchedule.Budget(
      interval: settings.poll.interval.milliseconds, share: settings.poll.maxCPU)
    self.init(
      interval: settings.poll.interval.milliseconds, maxCPU: settings.poll.maxCPU,
      poller: poller, reload: reload)
  }
}

extension SocketPoller.Settings {
  init(_ settings: Settings) {
    self.init()
    source = settings.source
    procfs = settings.procfs
    if settings.namespaces.watch == .all {
      let wanted = settings.namespaces
      namespaces = NamespaceChoice { wanted.wants($0) }
    }
    wantsDestroyEvents = settings.destroyEvents == .auto
    if settings.kernelCounters.use == .auto {
      kernelCounters = settings.kernelCounters.directory
    }
    containerRoot = settings.containers.names ? settings.containers.root : nil
    tracker.groups = settings.limits.groups
    tracker.linger = settings.limits.linger.milliseconds
    tracker.destinations = settings.limits.destinations
    tracker.stuckAfter = settings.closeWait.stuckAfter.milliseconds
    endedKept = settings.ended.keep
    endedLogged = settings.ended.log
    tracker.stalledAfter = settings.stalls.faultAfter.milliseconds
    tracker.pidLabel = settings.labels.pid
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
    self.init(listenAddresses: web.listenAddresses)
    maxRequests = web.maxRequests
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
