import Exposition
import LinuxSockets
import SocketStates

/// Polls this host for a command: the daemon's pipeline, without the daemon.
struct HostPoller: ~Copyable {
  private var poller: SocketPoller
  private let procfs: ProcFS
  /// The last poll; nil before the first.
  private(set) var last: Observation?

  init(_ settings: SocketPoller.Settings) {
    poller = SocketPoller(settings)
    procfs = ProcFS(root: settings.procfs)
  }

  /// Polls once. What was counted is that since the poll before.
  /// - Parameter listsSockets: whether the sockets are wanted one by one.
  @discardableResult
  mutating func poll(listsSockets: Bool) throws(Failure) -> Observation {
    let report: Report
    do throws(PollFailure) {
      report = try poller.poll(listsSockets: listsSockets)
    } catch {
      throw Failure(message: error.description)
    }
    let observation = Observation(
      report: report,
      notVisible: (last?.notVisible ?? []) + poller.takeLogEvents().compactMap(\.notVisible),
      procfs: procfs)
    last = observation
    return observation
  }
}
