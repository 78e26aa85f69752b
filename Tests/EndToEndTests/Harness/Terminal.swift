import Foundation

/// A terminal that the test sees and types into: one pane of a tmux server of its own, in which a shell runs.
struct Terminal: Sendable {
  private let namespace: Namespace
  private let socket: String

  /// Whether there is tmux.
  static var isPossible: Bool { Tool.has("tmux") }

  /// Makes a terminal of this size and ends its server afterwards.
  static func with<Result>(
    in namespace: Namespace, columns: Int, rows: Int, _ body: (Terminal) async throws -> Result
  ) async throws -> Result {
    let terminal = Terminal(namespace: namespace, socket: "sockstated-\(UUID().uuidString)")
    try await terminal.tmux(
      "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
      "env PS1='$ ' bash --norc --noprofile")
    do {
      let result = try await body(terminal)
      try await terminal.tmux("kill-server")
      return result
    } catch {
      _ = try? await terminal.tmux("kill-server")
      throw error
    }
  }

  @discardableResult
  private func tmux(_ arguments: String...) async throws -> String {
    let child = try await namespace.result(
      ["env", "-u", "TMUX", "-u", "NO_COLOR", "TERM=xterm-256color", "tmux", "-L", socket]
        + arguments)
    guard child.end == .exited(0) else {
      throw Child.Failure(description: "tmux \(arguments): \(child.errors)")
    }
    return child.output
  }

  /// Types text as it is.
  func type(_ text: String) async throws { try await tmux("send-keys", "-l", text) }

  /// Presses a key by tmux's name of it: `Enter`, `C-c`.
  func press(_ key: String) async throws { try await tmux("send-keys", key) }

  /// Runs a command line in its shell.
  func run(_ line: String) async throws {
    try await type(line)
    try await press("Enter")
  }

  func resize(columns: Int, rows: Int) async throws {
    try await tmux("resize-window", "-x", "\(columns)", "-y", "\(rows)")
  }

  /// What is on the screen, line by line; with `escapes` also how it is set off.
  func screen(escapes: Bool = false) async throws -> [String] {
    let text =
      escapes
      ? try await tmux("capture-pane", "-p", "-e") : try await tmux("capture-pane", "-p")
    return text.components(separatedBy: "\n")
  }

  /// A variable of tmux's, such as `alternate_on`.
  func variable(_ name: String) async throws -> String {
    try await tmux("display-message", "-p", "#{\(name)}")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Waits until the screen is as `accept` wants it.
  @discardableResult
  func shows(_ what: String, where accept: ([String]) -> Bool) async throws -> [String] {
    var last: [String] = []
    do {
      return try await eventually(what) {
        last = try await screen()
        return accept(last) ? last : nil
      }
    } catch {
      throw Child.Failure(description: "\(error)\n\(last.joined(separator: "\n"))")
    }
  }
}
