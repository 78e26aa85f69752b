import Configuration
import LinuxSockets
import Logging
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again on SIGHUP. A bad file changes nothing.
struct ReloadService: Service {
  let options: ServeOptions
  /// What the daemon started with.
  let settings: Settings
  let loop: PollLoop
  let routes: Routes
  let manager: ServiceManager
  let logger: Logger

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sighup)
    var good = settings
    for await _ in signals.cancelOnGracefulShutdown() {
      manager.notify("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.now * 1000)")
      do throws(ConfigurationError) {
        let new = try options.settings()
        warnOfWhatNeedsARestart(from: good, to: new)
        good = new
        routes.disable(new.metrics.disable)
        loop.apply(PollSettings(new, reload: .successful))
        logger.info("configuration read again")
      } catch {
        logger.error("configuration not read again, the last good one stays: \(error)")
        loop.apply(PollSettings(good, reload: .failed))
      }
      manager.notify("READY=1")
    }
  }

  private func warnOfWhatNeedsARestart(from old: Settings, to new: Settings) {
    let changed = [
      ("web", old.web != new.web), ("log", old.log != new.log),
      ("namespaces.watch", old.namespaces.watch != new.namespaces.watch),
      ("source", old.source != new.source), ("procfs", old.procfs != new.procfs),
      ("destroy_events", old.destroyEvents != new.destroyEvents),
    ].filter(\.1).map(\.0)
    if !changed.isEmpty {
      logger.warning("changed, but needs a restart: \(changed.joined(separator: ", "))")
    }
  }
}
