import Glibc
import LinuxSockets
import Logging
import MetricsServer
import SocketStates
import Synchronization

/// The one thread that owns all mutable state: it looks at the sockets on an absolute schedule,
/// reads destroy events in between, and posts the reports.
final class PollLoop: Sendable {
  /// What others ask of the thread.
  private struct Commands {
    var stop = false
    var settings: PollSettings?
    /// Who waits for a list of sockets.
    var waiters: [CheckedContinuation<SocketList?, Never>] = []
  }

  /// A report with every socket one by one, and what a response that is made of it holds.
  struct SocketList: Sendable {
    var report: Report
    var body: ResponseBody
  }

  /// A list that is young enough to be given to another.
  private struct RecentList {
    var list: SocketList
    /// Monotonic ms.
    var end: Int64
  }

  private let store: ReportStore
  private let manager: ServiceManager
  private let logger: Logger
  private let commands = Mutex(Commands())
  private let recentList = Mutex<RecentList?>(nil)
  private let wake: SelfPipe

  init(store: ReportStore, manager: ServiceManager, logger: Logger) throws(SystemError) {
    self.store = store
    self.manager = manager
    self.logger = logger
    wake = try SelfPipe()
  }

  /// Ends ``run(_:)``.
  func stop() {
    commands.withLock { $0.stop = true }
    wake.signal()
  }

  /// Has the thread take new settings at once.
  func apply(_ settings: PollSettings) {
    commands.withLock { $0.settings = settings }
    wake.signal()
  }

  /// The sockets one by one; nil if the poll fails. Polls at once, but not more
  /// than once a second, nor more often than `poll.max_cpu` allows, however many ask: who asks in
  /// between gets the same list.
  func list() async -> SocketList? {
    let recent = recentList.withLock { $0 }
    if let recent, MonotonicClock.now < recent.end { return recent.list }
    return await withCheckedContinuation { continuation in
      let isStopped = commands.withLock { commands in
        if !commands.stop { commands.waiters.append(continuation) }
        return commands.stop
      }
      if isStopped { continuation.resume(returning: nil) } else { wake.signal() }
    }
  }

  /// Polls until ``stop()``. Blocks: it belongs on a thread of its own.
  func run(_ settings: PollSettings, firstReport: () -> Void) {
    HeapTrim.mapLargeArrays()
    var settings = settings
    var poller = SocketPoller(settings.poller)
    var schedule = PollSchedule(interval: settings.interval, now: MonotonicClock.now)
    var budget = PollBudget(share: settings.maxCPU)
    var isFirst = true
    if let report = poller.reportBeforeOwners() {
      logger.info("looking for the owners of \(report.trackedSockets) sockets")
      store.post(report)
      firstReport()
    }
    let wasCounted = store.current.posted != nil
    var pingAt = MonotonicClock.now
    while true {
      let taken = commands.withLock { commands in
        defer {
          commands.settings = nil
          commands.waiters = []
        }
        return commands
      }
      if taken.stop {
        for waiter in taken.waiters { waiter.resume(returning: nil) }
        return
      }
      if let new = taken.settings {
        settings = new
        poller.apply(new.poller)
        budget.share = new.maxCPU
      }
      let isAsked = taken.settings != nil || !taken.waiters.isEmpty
      if isAsked || schedule.isDue(at: MonotonicClock.now) {
        poll(&poller, settings, &budget, for: taken.waiters)
        let interval = budget.interval(wanted: settings.interval)
        tell(interval, wanted: settings.interval, before: schedule.interval)
        schedule.interval = interval
        schedule.finished(at: MonotonicClock.now)
        if isFirst, store.current.posted != nil {
          isFirst = false
          if !wasCounted { firstReport() }
          try? HeapTrim.releaseCode()
        }
      }
      if let interval = manager.watchdogInterval, MonotonicClock.now >= pingAt {
        manager.notify("WATCHDOG=1", isRepeated: true)
        pingAt = MonotonicClock.now + interval
      }
      wait(for: &poller, until: min(schedule.next, manager.watchdogInterval == nil ? .max : pingAt))
    }
  }

  private func poll(
    _ poller: inout SocketPoller, _ settings: PollSettings, _ budget: inout PollBudget,
    for waiters: [CheckedContinuation<SocketList?, Never>]
  ) {
    var list: SocketList?
    defer { for waiter in waiters { waiter.resume(returning: list) } }
    do throws(PollFailure) {
      defer {
        budget.spent(seconds: poller.lastPollCPUSeconds, isLight: poller.lastPollWasLight)
      }
      poller.statistics.pollInterval =
        Double(budget.interval(wanted: settings.interval)) / 1000
      poller.statistics.configReloadSuccessful = settings.reload.wasSuccessful
      let report = try poller.poll(listsSockets: !waiters.isEmpty)
      list = waiters.isEmpty ? nil : SocketList(report)
      let now = MonotonicClock.now
      recentList.withLock { recent in
        if let list {
          recent = RecentList(list: list, end: now + max(1000, budget.pause))
        } else if let end = recent?.end, end <= now {
          recent = nil
        }
      }
      store.post(report.withoutSockets())
      manager.notify(
        "STATUS=\(report.trackedSockets) sockets in \(report.groups.count) groups, from \(report.source.rawValue)",
        isRepeated: true)
    } catch {
      store.post(failure: error.description)
    }
    report(poller.takeLogEvents())
  }

  private func report(_ events: [PollLogEvent]) {
    for event in events { logger.log(event) }
    store.post(notVisible: events.compactMap(\.notVisible))
  }

  /// Says so when polls begin or cease to come less often than wanted.
  private func tell(_ interval: Int64, wanted: Int64, before: Int64) {
    store.set(interval: interval)
    guard (interval > wanted) != (before > wanted) else { return }
    logger.notice(
      interval > wanted
        ? "polls cost more than poll.max_cpu: they come less often"
        : "polls come at poll.interval again",
      metadata: ["interval": "\(Double(interval) / 1000)s"])
  }

  /// Sleeps, but for destroy events and commands.
  private func wait(for poller: inout SocketPoller, until end: Int64) {
    while true {
      let left = end - MonotonicClock.now
      guard left > 0 else { return }
      switch wake.wait(milliseconds: Int32(clamping: left), also: poller.eventDescriptor) {
      case .signalled, .timedOut: return
      case .other:
        poller.drainEvents()
        report(poller.takeLogEvents())
        // Events come in bursts: one wake-up for many of them.
        if wake.wait(milliseconds: 20, also: nil) == .signalled { return }
      }
    }
  }
}

extension PollLoop.SocketList {
  fileprivate init(_ report: Report) {
    let sockets = (report.sockets?.count ?? 0) * MemoryLayout<SocketReport>.stride
    let ended = (report.ended?.count ?? 0) * MemoryLayout<EndedConnection>.stride
    self.init(report: report, body: ResponseBody(sizeOfSource: sockets + ended))
  }
}

/// When to poll: every interval after the start, whatever a poll takes. What falls into a poll that
/// takes longer is left out, so that there are never two in a row without a pause.
struct PollSchedule {
  /// ms
  var interval: Int64 {
    didSet { next = min(next, last + interval) }
  }
  /// Monotonic ms of the next poll.
  private(set) var next: Int64
  private var last: Int64

  init(interval: Int64, now: Int64) {
    self.interval = interval
    next = now
    last = now
  }

  func isDue(at now: Int64) -> Bool { now >= next }

  /// A poll in between, because somebody asked, moves nothing.
  mutating func finished(at now: Int64) {
    last = now
    guard isDue(at: now) else { return }
    next += max(interval, (now - next + interval) / interval * interval)
  }
}

/// What the poll loop is told of the settings.
struct PollSettings: Sendable {
  /// ms
  var interval: Int64
  /// The share of one core that polls may take.
  var maxCPU: Double
  var poller: SocketPoller.Settings
  var reload: ReloadOutcome
}

/// How the last reload of the configuration went.
enum ReloadOutcome: Sendable {
  case successful, failed

  var wasSuccessful: Bool { self == .successful }
}

extension Logger {
  fileprivate func log(_ notice: PollLogEvent) {
    log(
      level: notice.isWarning ? .warning : .info, "\(notice.message)",
      metadata: Metadata(
        uniqueKeysWithValues: notice.details.map { ($0.name, .string($0.value)) }))
  }
}
