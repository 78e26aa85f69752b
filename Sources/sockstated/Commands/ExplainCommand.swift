import ArgumentParser
import Exposition
import Glibc
import LinuxSockets
import SocketStates

/// `sockstated explain`: what the sockets of one process, port or connection are doing, and who is responsible.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Say what the sockets of a process, port or connection are doing, who is responsible, and what to do.",
    discussion: """
      Names the state and what it means, who has to act (the process, its peer, the network, the kernel), the \
      evidence, the likely cause and the next command to run. Polls twice, since unread data, loss and refused \
      connects show only in what changes; and more often, for as long again, if local ports run out and nobody was \
      seen to use them. With --connect it prints the daemon's answer of /api/v1/explain, \
      which knows at once, from its own polls. Without an argument it lists all that was found on the host, a line \
      each, and beneath a cause what follows from it. Of two ends of a connection it tells what they do, or, with \
      --connect, who ended it, how, after which silence, what was lost and which error each side sees.

      Exit status: 0 if anything is known of it, such as a socket or a failed attempt, healthy or not; 1 if nothing is, \
      also if what may be related to it is printed.
      """)

  @Argument(
    help: ArgumentHelp(
      "A process id or one of a thread, a process's name as the table shows it, a service port as :8080, or an end of a connection as address:port. A number that is no process id is taken for a port.",
      valueName: "pid|process|:port|local"))
  var first: String?

  @Argument(
    help: ArgumentHelp(
      "The other end of the connection, in either order. A link-local address needs its zone: [fe80::1%eth0]:443.",
      valueName: "remote"))
  var second: String?

  @OptionGroup var options: SourceOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Time between the two polls; not with --connect. Default 2s.", valueName: "duration"))
  var duration: String?

  @Flag(help: "Print JSON.")
  var json = false

  @Flag(
    help:
      "Ask the daemons at the other ends too, from host to host, and say who is at the end. Without it nobody else is asked."
  )
  var peers = false

  @Option(
    help: ArgumentHelp("With --peers: hosts one behind the other, 1 to 8.", valueName: "hosts"))
  var depth: Int?

  @OptionGroup var peerOptions: PeerOptions

  func run() throws {
    let text = [first, second].compactMap { $0 }.joined(separator: " ")
    guard let subject = text.isEmpty && first == nil ? .host : Explanation.Subject(text) else {
      throw Failure(
        message: "\(text): neither a pid, nor a process's name, nor a port such as :8080",
        status: Failure.usage)
    }
    let isConnection = if case .connection = subject { true } else { false }
    guard isConnection || second == nil, subject.complaint == nil else {
      throw Failure(
        message: subject.complaint
          ?? "\(text): not the two ends of a connection, such as 192.0.2.1:443 [2001:db8::1]:443",
        status: Failure.usage)
    }
    let client = try peerClient()
    let pause = try Duration.flag(duration ?? "2s", "--for", atLeast: 100)
    var query = ReportQuery()
    query.subject = text
    query.view.style = .ofOutput
    query.view.invocation = options.invocation
    let source = try options.source(own: [("--for", duration)], readsFile: peers) { settings in
      settings.tracker.listStuckAfter = 0
      settings.tracker.finWait2After = 1000
      if case .pid = subject { settings.tracker.pidLabel = true }
      // Two polls for one person: the bounds that protect Prometheus are not needed.
      settings.tracker.groups = 100_000
      settings.tracker.destinations = 1000
    }
    switch source {
    case .daemon(let daemon):
      let items = query.items(ReportQuery.explanation)
      let answer = try daemon.answer("/api/v1/explain", items, asJSON: json)
      try write(answer, query.view, client) { () throws(Failure) in
        json ? answer : try daemon.answer("/api/v1/explain", items, asJSON: true)
      }
    case .host(let settings):
      var host = HostPoller(settings)
      var first = try host.poll(listsSockets: true)
      // Who spends ports on brief connections is seen only while one of them lives.
      let deadline = ContinuousClock.now + .milliseconds(pause)
      while first.report.hasPortsOfNobody, ContinuousClock.now < deadline {
        usleep(10_000)
        first = try host.poll(listsSockets: true)
      }
      usleep(UInt32(clamping: pause * 1000))
      let observation = try host.poll(listsSockets: true)
      let answer = observation.explanation(of: subject, query.view, as: json ? .json : .text)
      guard let answer, answer.isKnown else {
        throw Failure(message: observation.nothingKnown(of: subject), related: answer?.bytes)
      }
      try write(answer.bytes, query.view, client) {
        json
          ? answer.bytes : observation.explanation(of: subject, query.view, as: .json)?.bytes ?? []
      }
    }
  }

  /// nil if no peer is to be asked.
  private func peerClient() throws -> PeerClient? {
    guard peers else {
      if let flag = depth != nil ? "--depth" : peerOptions.firstGiven {
        throw Failure(message: "\(flag): only allowed with --peers", status: Failure.usage)
      }
      return nil
    }
    guard 1...8 ~= depth ?? 3 else {
      throw Failure(message: "--depth: allowed: 1 to 8", status: Failure.usage)
    }
    return try peerOptions.client(configFile: options.common.configFile)
  }

  /// Writes what this host says, and with --peers what the others say to it.
  private func write(
    _ answer: [UInt8], _ view: TextView, _ client: PeerClient?,
    _ document: () throws(Failure) -> [UInt8]
  ) throws(Failure) {
    guard let client else { return try StandardOutput.write(answer) }
    let document = try document()
    var ways: [PeerWay] = []
    if let found = PeerAnswer(document) {
      let procfs = ProcFS(root: options.common.procfs ?? "/proc")
      // What is translated on a daemon's host this one cannot know.
      let isHere = options.connect?.hasPrefix("unix:") ?? true
      var walk = PeerWalk(client, depth: depth ?? 3) { local, remote in
        isHere ? ProcNetNfConntrack.destination(of: local, remote, procfs) : nil
      }
      ways = walk.ways(from: found)
    }
    try StandardOutput.write(
      json ? PeerWay.appended(ways, to: document) : answer + Array(PeerWay.text(ways, view).utf8))
  }
}
