import ArgumentParser
import Exposition
import Glibc
import LinuxSockets
import SocketStates

/// `sockstated explain`: what the sockets of one process or port are doing, and whose turn it is.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Say what the sockets of a process or port are doing, whose turn it is, and what to do.",
    discussion: """
      Names the state and what it means, who has to act (the process, its peer, the network, the kernel), what \
      shows it, the likely cause and the next command to run. Looks twice, since unread data, loss and refused \
      connects show only in what changes; with --connect what a daemon has counted since its start helps too.

      Exit status: 0 where sockets were found, healthy or not; 1 where there are none of that name.
      """)

  @Argument(
    help: ArgumentHelp(
      "A process id, a process's name as the table shows it, or a service port as :8080.",
      valueName: "pid|process|:port"))
  var subject: String

  @OptionGroup var look: LookOptions

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("Time between the two looks.", valueName: "duration"))
  var duration = "2s"

  @Flag(help: "Print JSON.")
  var json = false

  func run() throws {
    guard let subject = Explanation.Subject(subject) else {
      throw Failure(
        message: "\(self.subject): neither a pid, nor a process, nor a port such as :8080",
        status: Failure.usage)
    }
    let pause = try Duration.flag(duration, "--for", atLeast: 100)
    var reportSource = try look.reportSource { settings in
      settings.tracker.listStuckAfter = 0
      settings.tracker.finWait2After = 1000
      settings.tracker.pidLabel = true
      // One look and one person: the bounds that protect Prometheus are not needed.
      settings.tracker.groups = 100_000
      settings.tracker.destinations = 1000
    }
    _ = try reportSource.look(listing: subject.filter)
    usleep(UInt32(clamping: pause * 1000))
    let report = try reportSource.look(listing: subject.filter)
    let explanation = Explanation(of: subject, in: report, missing: reportSource.missing)
    if explanation.isEmpty, explanation.perhaps.isEmpty {
      throw Failure(
        message: "\(subject): no TCP socket of that is known\(hint(reportSource.missing))")
    }
    if json {
      StandardOutput.write(String(decoding: explanation.json(look: look.again), as: UTF8.self))
    } else {
      var style = TerminalStyle.ofOutput
      style.width = min(style.width ?? 80, 110)
      StandardOutput.write(ExplanationText.render(explanation, style, look: look.again))
    }
  }

  private func hint(_ missing: [String]) -> String {
    missing.isEmpty ? "" : "; not seen: \(missing.joined(separator: "; "))"
  }
}
