import Exposition
import LinuxSockets
import SocketStates

/// A way to look at sockets: at those of this host, or at what a daemon knows.
struct ReportSource: ~Copyable {
  private var poller: SocketPoller?
  private let client: DaemonClient?
  private var diagnostics = Diagnostics()
  /// What could not be seen so far.
  private(set) var missing: [String] = []

  init(_ settings: SocketPoller.Settings) {
    poller = SocketPoller(settings)
    client = nil
  }

  init(_ client: DaemonClient) {
    poller = nil
    self.client = client
  }

  /// From whom it is known.
  var place: String { client?.address.text ?? "this host" }

  /// Looks once.
  /// - Parameter filter: the sockets that are wanted one by one; nil wants none.
  mutating func look(listing filter: SocketFilter?) throws(Failure) -> Report {
    if let client { return try look(client, listing: filter) }
    let report: Report?
    do throws(PollFailure) {
      report = try poller?.poll(listsSockets: filter != nil)
    } catch {
      throw Failure(message: error.description)
    }
    for notice in poller?.takeLogEvents() ?? [] where notice.limitsSight {
      let details = notice.details.map(\.value).joined(separator: ", ")
      missing.append(details.isEmpty ? notice.message : "\(notice.message) (\(details))")
    }
    guard let report else { throw Failure(message: "nothing to look with") }
    return report
  }

  private mutating func look(_ client: DaemonClient, listing filter: SocketFilter?) throws(Failure)
    -> Report
  {
    // Sockets first, since they have the daemon poll: the report is that poll's, then.
    let list = try filter.map { filter throws(Failure) in
      try client.get("/api/v1/sockets", filter.query)
    }
    let whole = try client.get("/api/v1/report")
    do throws(ReportReadingError) {
      let (report, showsAddresses) = try ReportReading.report(whole, sockets: list)
      if !showsAddresses, missing.isEmpty {
        missing.append(
          "who is connected, and where to: the daemon tells that only to clients on its host and to those with a password"
        )
      }
      _ = diagnostics.diagnose(&report, at: MonotonicClock.now, linger: 0)
      return report
    } catch {
      throw Failure(message: "\(client.address.text): \(error)")
    }
  }
}
