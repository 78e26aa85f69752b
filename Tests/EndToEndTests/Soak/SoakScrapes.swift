import Foundation
import Synchronization

/// One scrape a second, each read strictly and compared with the one before.
final class SoakScrapes: Sendable {
  /// What the scrapes of a run have told.
  struct Record {
    var last: Metrics?
    var count = 0
    /// Why scrapes failed, and which counters went down.
    var failures: [String] = []
    var fallen: [String] = []
    /// `process_resident_memory_bytes`, `process_open_fds` and the duration in seconds, of each scrape.
    var memory: [Double] = []
    var descriptors: [Double] = []
    var durations: [Double] = []
    /// How much each counter has grown over all its series, those that have gone included.
    var growth: [String: Double] = [:]
  }

  private let state = Mutex(Record())

  var record: Record { state.withLock { $0 } }

  /// Scrapes until the task is cancelled.
  func run(_ daemon: Daemon) async throws {
    let clock = ContinuousClock()
    var next = clock.now
    while !Task.isCancelled {
      let begun = clock.now
      do {
        let metrics = try await daemon.metrics()
        take(metrics, duration: begun.duration(to: clock.now) / .seconds(1))
      } catch {
        if let end = daemon.program.child.end {
          throw Child.Failure(
            description: "the daemon ended: \(end) \(daemon.program.child.errors)")
        }
        if !Task.isCancelled { state.withLock { $0.failures.append("\(error)") } }
      }
      if record.count.isMultiple(of: 60) {
        // Not by print, whose buffer would keep it for long.
        FileHandle.standardOutput.write(Data("\(record)\n".utf8))
      }
      next = max(next + .seconds(1), clock.now)
      try? await Task.sleep(until: next, clock: clock)
    }
  }

  /// Waits until a scrape is as `accept` wants it.
  func wait(for what: String, where accept: @Sendable (Metrics) -> Bool) async throws {
    var seen = 0
    _ = try await eventually(what, within: .seconds(180)) {
      let (metrics, count) = state.withLock { ($0.last, $0.count) }
      defer { seen = count }
      return count > seen && metrics.map(accept) == true ? true : nil
    }
  }

  private func take(_ metrics: Metrics, duration: Double) {
    let before = record.last
    let living = before?.livingGroups ?? []
    // Empty groups are forgotten after a while, and without descriptors a poll cannot read the host's counters.
    let fallen =
      before.map {
        metrics.fallen(since: $0) { series in
          series.labels["port"] != nil && !living.contains(series.group)
            || series.name.hasPrefix("sockstate_host_")
        }
      } ?? []
    let old = before?.counters ?? [:]
    var growth: [String: Double] = [:]
    for (series, value) in metrics.counters {
      growth[series.name, default: 0] += max(0, value - old[series, default: 0])
    }
    state.withLock {
      $0.last = metrics
      $0.count += 1
      $0.fallen += fallen
      $0.memory.append(metrics.value("process_resident_memory_bytes") ?? .nan)
      $0.descriptors.append(metrics.value("process_open_fds") ?? .nan)
      $0.durations.append(duration)
      $0.growth.merge(growth, uniquingKeysWith: +)
    }
  }

  static func median(_ values: some Collection<Double>) -> Double {
    let sorted = values.sorted()
    return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
  }
}

extension SoakScrapes.Record: CustomStringConvertible {
  var description: String {
    let half = memory.count / 2
    let (early, late) = (memory[..<half], memory[half...])
    func megabytes(_ bytes: Double?) -> String {
      String(format: "%.1f MB", (bytes ?? .nan) / 1_000_000)
    }
    func grown(_ name: String) -> Int { Int(growth["sockstate_\(name)_total", default: 0]) }
    return """
      \(count) scrapes, \(failures.count) failed, the slowest \(String(format: "%.2f s", durations.max() ?? 0)); \
      \(fallen.count) counters fallen; memory by half: median \(megabytes(SoakScrapes.median(early))), \
      \(megabytes(SoakScrapes.median(late))), at most \(megabytes(early.max())), \(megabytes(late.max())); \
      \(Int(descriptors.min() ?? 0)) to \(Int(descriptors.max() ?? 0)) descriptors; \(grown("polls")) polls; \
      \(grown("destroy_events")) sockets ended, \(grown("destroy_events_lost")) overruns; \
      \(grown("retransmitted_segments")) retransmissions
      """
  }
}
