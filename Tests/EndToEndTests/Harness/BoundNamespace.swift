import Foundation

/// A network namespace inside of those of a test, made and bound under /run/netns by ip-netns(8).
struct BoundNamespace: Sendable {
  let name: String
  let outer: Namespace

  /// Runs a command in it that must succeed; gives its output.
  @discardableResult
  func run(_ arguments: String...) async throws -> String {
    let child = try await outer.result(["ip", "netns", "exec", name] + arguments)
    guard child.end == .exited(0) else {
      throw Child.Failure(description: "\(arguments): \(child.end as Any) \(child.errors)")
    }
    return child.output
  }

  /// Starts one of `Programs` in it and waits until it says that it is ready.
  func start(_ interpreter: String, _ program: String, _ arguments: String...) async throws
    -> Program
  {
    let started = try await outer.start(
      ["ip", "netns", "exec", name, interpreter, Tool.program(program)] + arguments)
    try await started.says("ready")
    return started
  }

  /// Lets nft's rules fall on what arrives in it.
  func filter(_ rules: String...) async throws { try await run("nft", Namespace.table(rules)) }

  /// One of the kernel's own counters, by nstat's name for it.
  func counter(_ name: String) async throws -> Double {
    try Namespace.counter(name, in: try await run("nstat", "-asz", name))
  }

  func remove() async throws { try await outer.run("ip", "netns", "del", name) }
}

extension Namespace {
  /// Gives the test a /run/netns of its own.
  func hideBoundNamespaces() async throws {
    try await run("sh", "-c", "mount -t tmpfs tmpfs /run && mkdir /run/netns")
  }

  /// Makes a network namespace inside, with loopback up.
  func bound(_ name: String) async throws -> BoundNamespace {
    try await run("ip", "netns", "add", name)
    let bound = BoundNamespace(name: name, outer: self)
    try await bound.run("ip", "link", "set", "lo", "up")
    return bound
  }
}

extension Metrics {
  /// `sockstate_sockets` of one network namespace by state, without those at zero.
  func counts(netns: String) -> [String: Int] {
    Dictionary(
      samples("sockets", ["netns": netns]).filter { $0.value != 0 }
        .map { ($0.label("state"), Int($0.value)) }, uniquingKeysWith: +)
  }
}
