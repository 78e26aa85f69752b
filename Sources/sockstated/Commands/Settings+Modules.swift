import Configuration
import LinuxSockets
import MetricsServer
import SocketStates

/// The user's settings in the words of the modules, which do not know the configuration.
extension PollSettings {
  init(_ settings: Settings, reload: ReloadOutcome) {
    self.init(
      interval: settings.poll.interval.milliseconds, maxCPU: settings.poll.maxCPU,
      poller: SocketPoller.Settings(settings), reload: reload)
  }
}

extension SocketPoller.Settings {
  init(_ settings: Settings) {
    self.init()
    source = SourcePolicy.Choice(rawValue: settings.source.rawValue) ?? .auto
    procfs = settings.procfs
    if settings.namespaces.watch == .all {
      let wanted = settings.namespaces
      namespaces = NamespaceChoice { wanted.wants($0) }
    }
    wantsDestroyEvents = settings.destroyEvents == .auto
    tracker.groups = settings.limits.groups
    tracker.linger = settings.limits.linger.milliseconds
    tracker.destinations = settings.limits.destinations
    tracker.stuckAfter = settings.closeWait.stuckAfter.milliseconds
    tracker.pidLabel = settings.labels.pid
    let rules = settings.processes
    rename = { facts in
      rules.name(
        exe: facts.executable.isEmpty ? nil : facts.executable, comm: facts.command,
        cmdline: facts.arguments.joined(separator: " "), unit: facts.unit)
    }
  }
}

extension HTTPStatistics {
  init(_ server: ServerStatistics) {
    self.init()
    requests = server.requests
    requestsInFlight = server.requestsInFlight
    requestsRejected = server.requestsRejected
    connections = server.connections
    connectionsAccepted = server.connectionsAccepted
    connectionsEvicted = server.connectionsEvicted
    connectionsRefused = server.connectionsRefused
    connectionsTimedOut = server.connectionsTimedOut
    acceptFailures = server.acceptFailures
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

extension WebSecurity {
  init(_ config: WebConfig) {
    self.init(
      tls: config.tls.map(TLSPolicy.init), users: config.users,
      headers: config.headers.map { ($0.name, $0.value) })
  }
}

extension TLSPolicy {
  fileprivate init(_ tls: WebConfig.TLS) {
    self.init(certFile: tls.certFile, keyFile: tls.keyFile)
    clientCAFile = tls.clientCAFile
    clientCertificate =
      switch tls.clientAuthType {
      case .noClientCert: .none
      case .requestClientCert: .requested
      case .requireClientCert, .requireAnyClientCert: .required
      case .verifyClientCertIfGiven: .verifiedIfGiven
      case .requireAndVerifyClientCert: .verified
      }
    minVersion = Version(tls.minVersion)
    maxVersion = Version(tls.maxVersion)
    cipherSuites = tls.cipherSuites.map(\.number)
    curves = tls.curvePreferences.map(\.number)
  }
}

extension TLSPolicy.Version {
  fileprivate init(_ version: TLSVersion) {
    switch version {
    case .tls10: self = .tls10
    case .tls11: self = .tls11
    case .tls12: self = .tls12
    case .tls13: self = .tls13
    }
  }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }
}
