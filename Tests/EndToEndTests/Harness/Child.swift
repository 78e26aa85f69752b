import Foundation
import Glibc
import Synchronization

/// A process that the test started, its output collected as it comes.
///
/// Foundation's `Process` lets children inherit the masked signals of the thread that starts them, and
/// each other's pipes; here a child gets default signals and its own three descriptors.
final class Child: Sendable {
  enum End: Equatable {
    case exited(Int32)
    case signalled(Int32)
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private struct State {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var end: End?
    var input: Int32
  }

  let pid: pid_t
  private let state: Mutex<State>

  init(_ arguments: [String]) throws {
    guard let program = Tool.path(arguments[0]) else {
      throw Failure(description: "\(arguments[0]) is not installed")
    }
    let input = try Self.channel()
    let output = try Self.channel()
    let errors = try Self.channel()

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.theirs, 0)
    posix_spawn_file_actions_adddup2(&actions, output.theirs, 1)
    posix_spawn_file_actions_adddup2(&actions, errors.theirs, 2)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    // Sockets of SwiftNIO, in a test that runs beside this one, would be inherited and found in the namespace.
    for name in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      if let number = Int32(name), number > 2 { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
    }
    var argv = arguments.map { strdup($0) } + [nil]
    var environment = Tool.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in argv + environment { free(string) } }
    var pid: pid_t = 0
    let result = posix_spawn(&pid, program, &actions, &attributes, &argv, &environment)
    for descriptor in [input.theirs, output.theirs, errors.theirs] { close(descriptor) }
    guard result == 0 else {
      for descriptor in [input.ours, output.ours, errors.ours] { close(descriptor) }
      throw Failure(description: "\(program): \(String(cString: strerror(result)))")
    }
    self.pid = pid
    state = Mutex(State(input: input.ours))
    Thread.detachNewThread { self.collect(output.ours, errors.ours) }
  }

  /// Two ends of a connection, not inherited. Sockets and not pipes: to write to a child that has gone
  /// then raises no signal, and Glibc's module has no `pipe2`.
  private static func channel() throws -> (ours: Int32, theirs: Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0
    else {
      throw Failure(description: "no descriptors: \(String(cString: strerror(errno)))")
    }
    return (ends[0], ends[1])
  }

  private func collect(_ output: Int32, _ errors: Int32) {
    var open = [output, errors]
    var buffer = [UInt8](repeating: 0, count: 65536)
    while !open.isEmpty {
      var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      for entry in polled where entry.revents != 0 {
        let count = read(entry.fd, &buffer, buffer.count)
        if count > 0 {
          state.withLock {
            if entry.fd == output {
              $0.output += buffer[..<count]
            } else {
              $0.errors += buffer[..<count]
            }
          }
        } else {
          close(entry.fd)
          open.removeAll { $0 == entry.fd }
        }
      }
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    state.withLock {
      $0.end = signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
      if $0.input >= 0 { close($0.input) }
      $0.input = -1
    }
  }

  /// How it ended; nil while it runs. Once it has ended, all output is there.
  var end: End? { state.withLock { $0.end } }
  var outputBytes: [UInt8] { state.withLock { $0.output } }
  var output: String { String(decoding: outputBytes, as: UTF8.self) }
  var errors: String { state.withLock { String(decoding: $0.errors, as: UTF8.self) } }

  /// Writes to its standard input, in a thread: a child may answer before it has read everything.
  func send(_ text: String, andClose: Bool = false) {
    let bytes = Array(text.utf8)
    // A copy: the number of its own is another child's as soon as this one has ended.
    let descriptor = state.withLock { fcntl($0.input, F_DUPFD_CLOEXEC, 0) }
    Thread.detachNewThread {
      defer { close(descriptor) }
      var rest = bytes[...]
      while !rest.isEmpty {
        let sent = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard sent > 0 else { break }
        rest = rest.dropFirst(sent)
      }
      if andClose { shutdown(descriptor, Int32(SHUT_WR)) }
    }
  }

  /// Kills it; harmless once it has ended.
  func kill() {
    state.withLock { if $0.end == nil { _ = Glibc.kill(pid, SIGKILL) } }
  }

  /// Waits for its end.
  @discardableResult
  func ended() async throws -> End {
    try await eventually("the end of process \(pid)\n\(output)\(errors)") { self.end }
  }

  /// The complete lines of its standard output.
  var lines: [Substring] {
    output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
  }

  /// Waits for a line of its standard output that `accept` takes.
  /// - Parameter earlier: how many of these are passed over.
  @discardableResult
  func line(
    _ what: String, within limit: Duration = hangLimit, after earlier: Int = 0,
    where accept: (Substring) -> Bool
  ) async throws -> String {
    try await eventually("\(what) from process \(pid)", within: limit) {
      let wanted = self.lines.filter(accept)
      if wanted.count > earlier { return String(wanted[earlier]) }
      if let end = self.end {
        throw Failure(description: "\(end) without \(what): \(self.output)\(self.errors)")
      }
      return nil
    }
  }
}
