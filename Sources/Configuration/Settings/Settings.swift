package import Logging
package import SocketStates

/// Everything that the configuration file decides; a new value holds the defaults.
package struct Settings: Sendable, Equatable {
  /// Whether the kernel's messages about closed sockets are used.
  package enum DestroyEvents: String, Sendable, CaseIterable {
    /// Where the kernel sends them.
    case auto
    case off
  }

  /// `kernel_counters`
  package struct KernelCounters: Sendable, Equatable {
    /// Whether the counters that sockstated-bpf has loaded are used.
    package enum Use: String, Sendable, CaseIterable {
      /// If they are there.
      case auto
      case off
    }

    /// Whether they are used.
    package var use = Use.auto
    /// Where they are pinned, an absolute path.
    package var directory = "/sys/fs/bpf/sockstated"
  }

  /// `containers`
  package struct Containers: Sendable, Equatable {
    /// Whether the names of containers are looked for.
    package var names = true
    /// Under which directory the host's files are, an absolute path.
    package var root = "/"
  }

  /// `namespaces`
  package struct Namespaces: Sendable, Equatable {
    /// Which network namespaces are watched.
    package enum Watch: String, Sendable, CaseIterable {
      /// The daemon's own.
      case own = "self"
      /// Also those of other processes, and those bound under /run/netns.
      case all
    }

    /// Which are watched.
    package var watch = Watch.own
    /// Of the others, those whose container, pod, bound name or unit matches one of these; all where
    /// there are none.
    package var include: [RegularExpression] = []
    /// And does not match one of these.
    package var exclude: [RegularExpression] = []

    /// Whether a namespace that goes by these names is watched.
    package func wants(_ names: [String]) -> Bool {
      let matches = { (patterns: [RegularExpression]) in
        patterns.contains { pattern in names.contains { pattern.match($0) != nil } }
      }
      return (include.isEmpty || matches(include)) && !matches(exclude)
    }
  }

  /// `poll`
  package struct Poll: Sendable, Equatable {
    /// The time from one look at the sockets to the next.
    package var interval = Duration.seconds(5)
    /// The share of one core that polls may take, more than 0 to 1; past it they come less often.
    package var maxCPU = 0.05
  }

  /// `web`
  package struct Web: Sendable, Equatable {
    /// Never empty.
    package var listenAddresses = [ListenAddress.tcp(host: nil, port: 10793)]
    /// The path of the metrics; begins with a slash.
    package var telemetryPath = "/metrics"
    /// How many requests are answered at the same time.
    package var maxRequests = 40
  }

  /// `log`
  package struct Log: Sendable, Equatable {
    /// How a log line is written.
    package enum Format: String, Sendable, CaseIterable {
      case logfmt, json
    }

    /// The least level that is logged.
    package var level = Logger.Level.info
    /// How lines are written.
    package var format = Format.logfmt
  }

  /// `limits`
  package struct Limits: Sendable, Equatable {
    /// How many groups are told apart.
    package var groups = 1000
    /// How long an empty group keeps its series.
    package var linger = Duration.seconds(15 * 60)
    /// How many destinations are shown.
    package var destinations = 50
  }

  /// `close_wait`
  package struct CloseWait: Sendable, Equatable {
    /// The age from which a CLOSE-WAIT counts as stuck.
    package var stuckAfter = Duration.seconds(60)
  }

  /// `ended`
  package struct Ended: Sendable, Equatable {
    /// How many connections that have ended are remembered.
    package var keep = 10_000
    /// Which endings are logged.
    package var log = FlightRecorder.LogChoice.none
  }

  /// `stalls`
  package struct Stalls: Sendable, Equatable {
    /// Without progress for as long, a connection is a fault.
    package var faultAfter = Duration.seconds(60)
  }

  /// `labels`
  package struct Labels: Sendable, Equatable {
    /// Whether the process id is a label.
    package var pid = false
  }

  /// `metrics`
  package struct Metrics: Sendable, Equatable {
    /// Metric families that are left out, without the prefix `sockstate_`.
    package var disable: Set<String> = []
  }

  /// `peers`: how `explain --peers` and `fleet` reach the daemons of other hosts.
  package struct Peers: Sendable, Equatable {
    /// How they are spoken to.
    package enum Scheme: String, Sendable, CaseIterable {
      case http, https
    }

    /// The port of their daemons.
    package var port = 10793
    /// As ``Scheme``.
    package var scheme = Scheme.http
    /// Certificates (PEM) of the authorities to trust; nil trusts the system's. This and the other paths are absolute.
    package var caFile: String?
    /// The name that every certificate must have; nil is the address that is asked.
    package var serverName: String?
    /// The certificate that is shown to them, and its key.
    package var certFile: String?
    package var keyFile: String?
    /// The user's name; nil asks without a password.
    package var user: String?
    /// The file whose first line is the password.
    package var passwordFile: String?
    /// How long one answer may take.
    package var timeout = Duration.seconds(5)
    /// The addresses that may be asked.
    package var allow = AddressRange.privateRanges

    /// Which keys do not go together, in one line; nil if all do.
    package var complaint: String? {
      if (certFile == nil) != (keyFile == nil) {
        return "cert_file and key_file: one without the other; allowed: both, or none"
      }
      if passwordFile != nil, user == nil { return "password_file: only allowed with user" }
      let needsTLS =
        user != nil ? "user" : caFile != nil ? "ca_file" : certFile != nil ? "cert_file" : nil
      if scheme == .http, let needsTLS {
        return "\(needsTLS): only allowed with scheme https"
      }
      return nil
    }
  }

  /// `poll`
  package var poll = Poll()
  /// `namespaces`
  package var namespaces = Namespaces()
  /// `source`
  package var source = SourceChoice.auto
  /// `procfs`: where procfs is mounted, an absolute path.
  package var procfs = "/proc"
  /// `destroy_events`
  package var destroyEvents = DestroyEvents.auto
  /// `kernel_counters`
  package var kernelCounters = KernelCounters()
  /// `containers`
  package var containers = Containers()
  /// `web`
  package var web = Web()
  /// `log`
  package var log = Log()
  /// `limits`
  package var limits = Limits()
  /// `close_wait`
  package var closeWait = CloseWait()
  /// `ended`
  package var ended = Ended()
  /// `stalls`
  package var stalls = Stalls()
  /// `labels`
  package var labels = Labels()
  /// `processes`
  package var processes = NameRules()
  /// `metrics`
  package var metrics = Metrics()
  /// `peers`
  package var peers = Peers()

  /// The defaults.
  package init() {}
}
