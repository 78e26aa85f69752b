import SocketStates

/// What keeps a process from running: often the whole answer.
extension FindingWords {
  /// Puts what keeps the responsible process from running before all else.
  mutating func apply(_ condition: ProcessCondition, process: String, pid: Int32) {
    let name = process == Owner.unknownName ? "A process" : process
    let resume = condition.resume(pid)
    headline =
      "\(name) (\(pid)) \(condition.words)\(resume.command.map { ": \($0)" } ?? ""). \(headline)"
    cause = condition.cause
    steps.insert(resume, at: 0)
  }
}

extension ProcessCondition {
  /// The value in JSON.
  var label: String {
    switch self {
    case .stopped: "stopped"
    case .traced: "traced"
    case .frozen: "frozen"
    case .uninterruptible: "uninterruptible"
    case .zombie: "zombie"
    }
  }

  /// What it is, in two words.
  var title: String {
    switch self {
    case .uninterruptible: "uninterruptible sleep"
    case .zombie: "main thread ended"
    default: label
    }
  }

  /// The end of a sentence that begins with the process.
  var words: String {
    switch self {
    case .stopped: "is stopped (SIGSTOP)"
    case .traced: "is stopped by a debugger (ptrace)"
    case .frozen: "is frozen (cgroup freezer)"
    case .uninterruptible: "is in uninterruptible sleep (D)"
    case .zombie: "is a zombie: its main thread has ended, others may go on"
    }
  }

  fileprivate var cause: String {
    switch self {
    case .stopped:
      "A signal has stopped the process: SIGSTOP, or Ctrl-Z at its terminal. It runs no code until SIGCONT."
    case .traced:
      "A debugger or tracer holds the main thread. It runs no code until that lets it go on."
    case .frozen:
      "The process's cgroup is frozen (systemctl freeze, docker pause, a checkpoint). It runs no code until that is thawed."
    case .uninterruptible:
      "The main thread waits in the kernel: for a disk, a network file system or a driver. No signal reaches it, most often not even SIGKILL."
    case .zombie: "The main thread has ended."
    }
  }

  /// How the process can go on.
  fileprivate func resume(_ pid: Int32) -> FindingWords.Step {
    switch self {
    case .stopped: FindingWords.Step("Let it go on.", "kill -CONT \(pid)")
    case .traced: FindingWords.Step("Who traces it?", "grep TracerPid /proc/\(pid)/status")
    case .frozen(let cgroup):
      FindingWords.Step(
        "Thaw it, with what has frozen it (systemctl thaw, docker unpause), or so.",
        cgroup.thaw)
    case .uninterruptible, .zombie:
      FindingWords.Step("What does it wait for?", "cat /proc/\(pid)/wchan /proc/\(pid)/stack")
    }
  }
}

extension String {
  /// Thaws the cgroup with this directory, whichever version it is of.
  fileprivate var thaw: String {
    let directory = InvocationFlags.quoted(self)
    return
      "cd \(directory) && if test -e cgroup.freeze; then echo 0 >cgroup.freeze; else echo THAWED >freezer.state; fi"
  }
}
