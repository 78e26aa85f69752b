import Dispatch
internal import Glibc
import SocketStates
import Synchronization

/// What a process's command line says, as far as it could be read.
struct CommandLine: Sendable, Equatable {
  /// The arguments, the program's own name first.
  var arguments: [String]
  /// Whether the file that an interpreter was told to run exists; nil if there is none, or if that could
  /// not be seen.
  var programExists: Bool?
}

/// Reads /proc/PID/cmdline on threads of its own, with a deadline.
///
/// The kernel takes the other process's memory for it (`proc_pid_cmdline_read()`, fs/proc/base.c), and
/// waits for as long as that process's page fault or the file system behind it likes: one in user space
/// that never answers, an NFS server that is gone. Whether a file exists is asked there too, in the
/// process's own mount namespace. Such a thread waits in a state that only the end of the program ends,
/// so there are few of them.
final class ProcPidCmdline: Sendable {
  /// Threads that may wait for processes at the same time.
  static let threadLimit = 8
  /// How many of them may wait for the processes of one user: others are still read.
  static let threadLimitPerUser = 2
  /// ms that a process is waited for.
  static let patience = 100
  /// ms until a process that did not answer is asked again.
  static let pause: Int64 = 60_000
  /// Processes that are remembered because they did not answer; the oldest is forgotten first.
  private static let silentLimit = 4096

  /// Whose command line is wanted.
  struct Request: Sendable {
    var process: ProcessIdentity
    /// Its directory in procfs, or that of one of its threads.
    var path: String
    /// The user that the process runs as.
    var uid: UInt32
    /// The target of /proc/PID/exe.
    var executable: String
    /// /proc/PID/comm without its newline.
    var command = ""
  }

  fileprivate struct State {
    var idle: Reader?
    /// Those that wait for a process, and whose.
    var waiting: [(reader: Reader, uid: UInt32)] = []
    /// When each process that did not answer may be asked again, monotonic ms.
    var silent: [ProcessIdentity: Int64] = [:]
  }

  private let read: @Sendable (Request) -> CommandLine
  private let state = Mutex(State())

  /// - Parameter read: reads one command line, for as long as that takes; an empty one if it may not be read.
  init(read: @escaping @Sendable (Request) -> CommandLine) { self.read = read }

  /// The command line of a process; nil if nothing was learnt: it did not come in time, now or when it was
  /// last asked for, or too many others are being waited for.
  func commandLine(_ request: Request) -> CommandLine? {
    let reader = state.withLock { state in
      state.collect()
      return state.reader(for: request, at: MonotonicClock.now, read: read)
    }
    guard let reader else { return nil }
    let answer = reader.ask(request, milliseconds: Self.patience)
    state.withLock { state in
      if answer == nil {
        state.waiting.append((reader, request.uid))
        if state.silent.count >= Self.silentLimit,
          let oldest = state.silent.min(by: { $0.value < $1.value })
        {
          state.silent[oldest.key] = nil
        }
        state.silent[request.process] = MonotonicClock.now + Self.pause
      } else {
        state.silent[request.process] = nil
        state.idle = reader
      }
    }
    return answer
  }
}

extension ProcPidCmdline.State {
  /// Takes back the threads whose process has answered at last.
  fileprivate mutating func collect() {
    for index in waiting.indices.reversed() where waiting[index].reader.hasAnswered {
      idle = waiting.remove(at: index).reader
    }
  }

  /// A thread for the request; nil if the process is not to be asked now.
  fileprivate mutating func reader(
    for request: ProcPidCmdline.Request, at now: Int64,
    read: @escaping @Sendable (ProcPidCmdline.Request) -> CommandLine
  ) -> ProcPidCmdline.Reader? {
    if let next = silent[request.process], now < next { return nil }
    guard waiting.count < ProcPidCmdline.threadLimit,
      waiting.count(where: { $0.uid == request.uid }) < ProcPidCmdline.threadLimitPerUser
    else { return nil }
    defer { idle = nil }
    return idle ?? ProcPidCmdline.Reader(read)
  }
}

extension ProcPidCmdline {
  /// One thread. It ends when nobody refers to the reader any more and its last process has answered.
  final class Reader: Sendable {
    private enum Step {
      case asked(Request)
      case answered(CommandLine)
    }

    private final class Mailbox: Sendable {
      let step = Mutex<Step?>(nil)
      let isAsked = DispatchSemaphore(value: 0)
      let isAnswered = DispatchSemaphore(value: 0)
    }

    private let mailbox = Mailbox()

    init(_ read: @escaping @Sendable (Request) -> CommandLine) {
      BlockingThread.start { [mailbox] in
        while true {
          mailbox.isAsked.wait()
          guard case .asked(let request) = mailbox.step.withLock({ $0 }) else { return }
          let answer = read(request)
          mailbox.step.withLock { $0 = .answered(answer) }
          mailbox.isAnswered.signal()
        }
      }
    }

    deinit {
      mailbox.step.withLock { $0 = nil }
      mailbox.isAsked.signal()
    }

    /// Asks, and waits for so long at most; nil if no answer came by then.
    func ask(_ request: Request, milliseconds: Int) -> CommandLine? {
      mailbox.step.withLock { $0 = .asked(request) }
      mailbox.isAsked.signal()
      guard mailbox.isAnswered.wait(timeout: .now() + .milliseconds(milliseconds)) == .success,
        case .answered(let answer) = mailbox.step.withLock({ $0 })
      else { return nil }
      return answer
    }

    /// Whether an answer has come since ``ask(_:milliseconds:)`` gave up; asked once.
    var hasAnswered: Bool { mailbox.isAnswered.wait(timeout: .now()) == .success }
  }
}
