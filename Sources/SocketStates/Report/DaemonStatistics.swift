/// What the daemon knows about itself after one poll.
package struct DaemonStatistics: Sendable {
  /// Wall-clock length of the polls that were published, seconds.
  package var pollDuration = Histogram(
    bounds: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5])
  /// Seconds from one poll to the next: what is configured, or more where polls cost too much.
  package var pollInterval: Double?
  /// CPU time of the poll thread, user and system, seconds.
  package var pollCPUSeconds = 0.0
  /// Polls by how they ended.
  package var polls: [PollResult: UInt64] = [:]
  /// Lines of /proc/net/tcp[6] that could not be read and were skipped.
  package var procfsLinesSkipped: UInt64 = 0
  /// Destroy events received; nil if they are off.
  package var destroyEvents: UInt64?
  /// Times that the kernel dropped destroy events because the socket's buffer was full.
  package var destroyEventsLost: UInt64?
  /// Where connections and failed attempts are counted from.
  package var eventSource = EventSource.none
  /// What the kernel's own counters do not have, since the daemon's start; nil if they never were there.
  package var eventsMissed: [MissedEvents: UInt64]?
  /// Network namespaces that are watched, the daemon's own included.
  package var namespaces = 1
  /// Whether the last reload of the config file succeeded; true at the start.
  package var configReloadSuccessful = true
  package var process: ProcessStatistics?
  /// nil if nothing is served.
  package var http: HTTPStatistics?

  package init() {}
}

/// Where the daemon learns of what happens between two polls.
package enum EventSource: String, Sendable, CaseIterable {
  /// Counters in the kernel, which sockstated-bpf has loaded.
  case kernelCounters = "kernel_counters"
  case destroyEvents = "destroy_events"
  case none
}

/// Where the kernel's own counters miss events.
package enum MissedEvents: String, Sendable, CaseIterable {
  /// There was no memory to follow the socket.
  case noMark = "no_mark"
  /// No counter could be made.
  case noCounter = "no_counter"
  /// Counters made room for others before they were read; each has one event or more.
  case replaced
}

/// How a poll ended.
package enum PollResult: String, Sendable, CaseIterable {
  /// The wanted source answered.
  case success
  /// procfs stood in for sock_diag.
  case fallback
  /// No source answered: nothing was published.
  case failure
}

/// What the HTTP server has done since its start.
package struct HTTPStatistics: Sendable {
  /// Responses begun, by status code.
  package var requests: [Int: UInt64] = [:]
  /// Requests that are being answered now.
  package var requestsInFlight = 0
  /// Requests answered with 503 because no place was free.
  package var requestsRejected: UInt64 = 0
  /// Connections open now.
  package var connections = 0
  /// Connections taken in.
  package var connectionsAccepted: UInt64 = 0
  /// Connections closed to make room for another.
  package var connectionsEvicted: UInt64 = 0
  /// Connections refused because every open one waited for its response to be made.
  package var connectionsRefused: UInt64 = 0
  /// Connections closed because a timeout ran out.
  package var connectionsTimedOut: UInt64 = 0
  /// Failures of accept(2), such as EMFILE.
  package var acceptFailures: UInt64 = 0

  package init() {}
}

/// The `process_*` metrics, as client_golang's process collector has them.
package struct ProcessStatistics: Sendable {
  /// User and system time, seconds.
  package var cpuSeconds: Double
  package var openFDs: Int
  /// Soft limit of open descriptors.
  package var maxFDs: UInt64
  package var virtualMemoryBytes: UInt64
  /// nil is unlimited.
  package var virtualMemoryMaxBytes: UInt64?
  package var residentMemoryBytes: UInt64
  /// Unix time of the start, seconds.
  package var startTime: Double

  package init(
    cpuSeconds: Double, openFDs: Int, maxFDs: UInt64, virtualMemoryBytes: UInt64,
    virtualMemoryMaxBytes: UInt64?, residentMemoryBytes: UInt64, startTime: Double
  ) {
    self.cpuSeconds = cpuSeconds
    self.openFDs = openFDs
    self.maxFDs = maxFDs
    self.virtualMemoryBytes = virtualMemoryBytes
    self.virtualMemoryMaxBytes = virtualMemoryMaxBytes
    self.residentMemoryBytes = residentMemoryBytes
    self.startTime = startTime
  }
}
