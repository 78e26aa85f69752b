import Foundation

/// A real headless Chromium inside a namespace.
struct Browser {
  /// Debian's name, and others'.
  static let program = ["chromium", "chromium-browser", "google-chrome"].first { Tool.has($0) }
  static var isPossible: Bool { program != nil && Tool.has("python3") }

  /// The axe-core that `make test-deps` fetches; nil where it has not.
  static let axe = (ProcessInfo.processInfo.environment["PYTHONPATH"] ?? "")
    .split(separator: ":").lazy.map { "\($0)/axe_playwright_python/axe.min.js" }
    .first { FileManager.default.fileExists(atPath: $0) }

  /// What the page did, as the browser saw it.
  struct Seen: Decodable {
    /// Errors and warnings of the console, and exceptions.
    var errors: [String]
    /// Addresses that were asked for.
    var requests: [String]
    /// Bytes that came over the network, compressed as they were.
    var received: Int
  }

  private struct Answer<Value: Decodable>: Decodable {
    var value: Value?
    var error: String?
  }

  private final class Count { var answers = 0 }

  let driver: Program
  private let count = Count()

  static func start(in namespace: Namespace, _ directory: Directory) async throws -> Browser {
    let program = Tool.path(Self.program ?? "") ?? "chromium"
    return Browser(
      driver: try await namespace.start("python3", "browser.py", program, directory.path))
  }

  private init(driver: Program) { self.driver = driver }

  @discardableResult
  private func tell<Value: Decodable>(_ name: String, _ value: Any, _: Value.Type) async throws
    -> Value?
  {
    let command = try JSONSerialization.data(withJSONObject: [name: value])
    driver.child.send(String(decoding: command, as: UTF8.self) + "\n")
    count.answers += 1
    // The first line is its pid, the second says that it is ready.
    let place = count.answers + 1
    let line = try await eventually("the browser's answer to \(name)") { () -> Substring? in
      if let end = driver.child.end {
        throw Child.Failure(description: "the browser: \(end) \(driver.child.errors)")
      }
      let lines = driver.child.output.split(separator: "\n", omittingEmptySubsequences: false)
      return lines.count > place + 1 ? lines[place] : nil
    }
    let answer = try JSONDecoder().decode(Answer<Value>.self, from: Data(line.utf8))
    if let error = answer.error { throw Child.Failure(description: "\(name): \(error)") }
    return answer.value
  }

  func open(_ address: String) async throws { try await tell("open", address, Bool.self) }
  func size(_ width: Int, _ height: Int) async throws {
    try await tell("size", [width, height], Bool.self)
  }
  /// What the reader's system likes: `light` or `dark`.
  func scheme(_ name: String) async throws { try await tell("scheme", name, Bool.self) }
  func press(_ key: String) async throws { try await tell("press", key, Bool.self) }
  /// Runs a script before those of every page that is opened from now on.
  func before(_ script: String) async throws { try await tell("before", script, Bool.self) }
  func inject(_ path: String) async throws { try await tell("inject", path, Bool.self) }
  func screenshot(_ path: String) async throws { try await tell("screenshot", path, Bool.self) }
  func seen() async throws -> Seen {
    guard let seen = try await tell("seen", true, Seen.self) else {
      throw Child.Failure(description: "the browser has seen nothing")
    }
    return seen
  }

  /// The value of an expression of JavaScript; promises are awaited.
  @discardableResult
  func value<Value: Decodable>(_ expression: String, as type: Value.Type = String.self) async throws
    -> Value
  {
    guard let value = try await tell("evaluate", expression, type) else {
      throw Child.Failure(description: "\(expression) has no value")
    }
    return value
  }

  /// Waits until an expression is true.
  func shows(_ what: String, _ expression: String) async throws {
    do {
      _ = try await eventually(what) {
        try await self.value("Boolean(\(expression))", as: Bool.self) ? true : nil
      }
    } catch {
      let text = try await value("document.body.innerText")
      throw Child.Failure(description: "\(error): \(text.prefix(2000))")
    }
  }
}
