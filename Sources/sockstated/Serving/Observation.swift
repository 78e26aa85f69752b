import Exposition
import LinuxSockets
import SocketStates

/// A report with what there is to say besides: what commands and routes make their answers of, so that
/// both say the same.
struct Observation: Sendable {
  /// A text for people, or JSON for programs.
  enum Format: Sendable {
    case text, json
  }

  var report: Report
  /// What could not be seen, and why.
  var notVisible: [String]
  /// Where the processes are.
  var procfs = ProcFS(root: "/proc")

  /// The sockets by group or, with a filter, one by one: the answer of `/api/v1/snapshot`.
  func snapshot(_ view: TextView, as format: Format) -> [UInt8] {
    switch format {
    case .text: Array(SnapshotTable.render(report, seen(view)).utf8)
    case .json where view.filter.isEmpty: ReportJSON.groups(report)
    case .json: ReportJSON.sockets(report, view.filter, showsAddresses: view.showsAddresses)
    }
  }

  /// What is at fault, then the tables of the snapshot: the answer of `/api/v1/watch`.
  func watchBody(_ view: TextView) -> String {
    WatchBody.render(report, seen(view))
  }

  /// An answer of ``explanation(of:_:as:)``.
  struct Answer: Sendable {
    var bytes: [UInt8]
    /// Whether it is of the subject; else nothing is known of that, and it is what may be related.
    var isKnown = true
  }

  /// What is known of a subject, or may be related to it: the answer of `/api/v1/explain`; nil if that is nothing.
  func explanation(
    of subject: Explanation.Subject, _ view: TextView, as format: Format
  ) -> Answer? {
    let hidden = view.showsAddresses ? [] : [Self.hiddenAddresses]
    func explain(_ subject: Explanation.Subject) -> Explanation {
      Explanation(of: subject, in: report, missing: limits, hidden: hidden)
    }
    let thread = thread(subject)
    var explanation = explain(thread.map { .pid($0.process) } ?? subject)
    explanation.thread = thread?.id
    if explanation.isEmpty, case .pid(let pid) = subject, !procfs.hasProcess(pid),
      let port = subject.portMeant
    {
      let other = explain(.port(port))
      if !other.isEmpty { explanation = other }
    }
    var story: ConnectionStory?
    if case .connection(let one, let other) = subject {
      story = ConnectionStory(of: one, and: other, in: report)
      if let story, explanation.isEmpty, !story.isEmpty {
        return Answer(bytes: format == .json ? story.json() : Array(story.text(view).utf8))
      }
    }
    guard !explanation.isEmpty || !explanation.perhaps.isEmpty else { return nil }
    let ended = story.map { $0.isEmpty ? "" : "\n" + $0.text(view) } ?? ""
    let bytes =
      switch format {
      case .text: Array((ExplanationText.render(explanation, view) + ended).utf8)
      case .json: explanation.json(showsAddresses: view.showsAddresses, look: view.invocation)
      }
    return Answer(bytes: bytes, isKnown: !explanation.isEmpty)
  }

  /// The process that is meant by the id of one of its threads; nil if the subject is none.
  private func thread(_ subject: Explanation.Subject) -> (id: Int32, process: Int32)? {
    guard case .pid(let id) = subject else { return nil }
    return procfs.process(ofThread: id).map { (id, $0) }
  }

  /// Why there is no explanation, in one line without a full stop.
  func nothingKnown(of subject: Explanation.Subject) -> String {
    var reason = "\(subject): no TCP socket of that is known"
    if let thread = thread(subject) { reason += "; it is a thread of process \(thread.process)" }
    if case .pid(let pid) = subject, let elsewhere = procfs.whereaboutsElsewhere(of: pid) {
      reason += "; \(elsewhere)"
    }
    if case .port = subject, report.daemon.eventSource != .kernelCounters {
      reason += "; an attempt that fails in a blocking connect() is seen only with sockstated-bpf"
    }
    if case .connection = subject, report.trackedSockets > SocketTracker.listLimit {
      reason += " among the first \(SocketTracker.listLimit)"
    }
    if case .connection = subject, let why = ConnectionStory.whyUnknown(in: report) {
      reason += "; \(why)"
    }
    if let port = subject.portMeant {
      let isNumber = if case .pid = subject { true } else { false }
      if !isNumber || report.groups.contains(where: { $0.labels.port == port }) {
        reason += "; for the port, ask for :\(port)"
      }
    }
    return ([reason] + limits).joined(separator: "; not visible: ").visible
  }

  /// What could not be seen, and what the last poll has left out.
  private var limits: [String] {
    if report.isBeforeOwners {
      return notVisible + [
        "whose the sockets are, and what is wrong, before the first search for owners is over"
      ]
    }
    guard report.fullPollAge > 0 else { return notVisible }
    return notVisible + [
      "what established connections have done for \(Exposition.Format.duration(report.fullPollAge)), as reading all of them takes long"
    ]
  }

  private func seen(_ view: TextView) -> TextView {
    var view = view
    view.notVisible = limits
    if !view.showsAddresses { view.notVisible.append(Self.hiddenAddresses) }
    return view
  }

  private static let hiddenAddresses =
    "who is connected, and where to; the daemon shows that only to clients on its host and to those with a password or certificate"
}

extension PollLogEvent {
  /// What it says cannot be seen; nil if it says no such thing.
  var notVisible: String? {
    guard limitsSight else { return nil }
    let reasons = details.map(\.value).joined(separator: ", ")
    return reasons.isEmpty ? message : "\(message) (\(reasons))"
  }
}
