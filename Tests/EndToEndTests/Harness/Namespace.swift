import Foundation

/// Network, process and mount namespaces of the test's own, with loopback up and its own /proc.
///
/// Process 1 in there reads a descriptor that the test holds. When the test ends, however it ends, that
/// read ends, process 1 exits, and the kernel kills everything else inside.
struct Namespace: Sendable {
  private enum Kind: CaseIterable {
    case root, user
  }

  private static let unsharing = ["--net", "--pid", "--mount", "--fork", "--kill-child"]
  private static let setUp = """
    read -r pid rest </proc/self/stat && mount -t proc proc /proc && ip link set lo up && echo "init $pid"
    """

  private static func command(_ kind: Kind, then last: String) -> [String] {
    ["unshare"] + (kind == .user ? ["--user", "--map-root-user"] : []) + unsharing
      + ["sh", "-c", "\(setUp) && exec \(last)"]
  }

  /// What this system allows; nil where it is nothing.
  private static let kind = Kind.allCases.first { Tool.succeeds(command($0, then: "true")) }

  /// Whether namespaces can be made here.
  static var isPossible: Bool { kind != nil }

  private let holder: Child
  private let entry: [String]

  /// Makes the namespaces, lets `body` use them and removes them with all that runs inside.
  static func with<Result>(_ body: (Namespace) async throws -> Result) async throws -> Result {
    let namespace = try await Namespace()
    defer { namespace.holder.kill() }
    return try await body(namespace)
  }

  private init() async throws {
    guard let kind = Self.kind else { throw Child.Failure(description: "no namespaces here") }
    holder = try Child(Self.command(kind, then: "cat"))
    let line = try await holder.line("the namespace") { $0.hasPrefix("init ") }
    entry =
      ["nsenter", "--target", String(line.dropFirst("init ".count)), "--net", "--pid", "--mount"]
      + (kind == .user ? ["--user", "--preserve-credentials"] : []) + ["--"]
  }

  /// Runs a command inside to its end, whatever that is.
  func result(_ arguments: [String], input: String = "") async throws -> Child {
    let child = try Child(entry + arguments)
    child.send(input, andClose: true)
    try await child.ended()
    return child
  }

  /// Runs a command inside that must succeed; gives its output.
  @discardableResult
  func run(_ arguments: String...) async throws -> String {
    let child = try await result(arguments)
    guard child.end == .exited(0) else {
      throw Child.Failure(description: "\(arguments): \(child.end as Any) \(child.errors)")
    }
    return child.output
  }

  /// Starts a program inside that goes on.
  func start(_ arguments: [String]) async throws -> Program {
    let child = try Child(entry + ["sh", "-c", "echo $$; exec \"$@\"", "sh"] + arguments)
    let pid = try await child.line("a process id") { Int($0) != nil }
    return Program(child: child, pid: Int(pid) ?? 0, namespace: self)
  }

  /// Starts one of `Programs` and waits until it says that it is ready.
  func start(_ interpreter: String, _ program: String, _ arguments: String...) async throws
    -> Program
  {
    let started = try await start([interpreter, Tool.program(program)] + arguments)
    try await started.says("ready")
    return started
  }

  /// Builds one of `Programs` in C for LD_PRELOAD; gives its path.
  func library(_ name: String, in directory: Directory) async throws -> String {
    let path = directory.file("\(name).so")
    try await run("cc", "-shared", "-fPIC", "-o", path, Tool.program("\(name).c"))
    return path
  }

  /// Lets nft's rules fall on what arrives at loopback.
  func filter(_ rules: String...) async throws {
    try await run("nft", Self.table(rules))
  }

  /// nft(8)'s text of rules for what arrives.
  static func table(_ rules: [String]) -> String {
    """
    table inet test {
      chain arriving {
        type filter hook input priority 0
        \(rules.joined(separator: "\n"))
      }
    }
    """
  }

  /// Sets a kernel parameter below /proc/sys/net/ipv4.
  func set(_ parameter: String, to value: String) async throws {
    try await run(
      "sh", "-c", "echo \"$2\" >\"/proc/sys/net/ipv4/$1\"", "sh", parameter, value)
  }

  /// One of the kernel's own counters, by nstat's name for it.
  func counter(_ name: String) async throws -> Double {
    try Self.counter(name, in: try await run("nstat", "-asz", name))
  }

  /// Reads a counter from nstat(8)'s output.
  static func counter(_ name: String, in text: String) throws -> Double {
    let columns = text.split(whereSeparator: \.isWhitespace)
    guard let place = columns.firstIndex(of: Substring(name)), place + 1 < columns.count,
      let value = Double(columns[place + 1])
    else { throw Child.Failure(description: "nstat does not know \(name)") }
    return value
  }
}

/// A program that runs inside a namespace.
struct Program: Sendable {
  let child: Child
  /// As processes of the namespace see it.
  let pid: Int
  let namespace: Namespace

  func says(_ line: String, within limit: Duration = hangLimit) async throws {
    try await child.line("“\(line)”", within: limit) { $0 == line }
  }

  /// Gives it a command on its standard input and waits for the answer, which it may have given to another before.
  func tell(_ command: String, until answer: String) async throws {
    let earlier = child.lines.count { $0 == answer }
    child.send(command + "\n")
    try await child.line("“\(answer)”", after: earlier) { $0 == answer }
  }

  func signal(_ name: String) async throws {
    try await namespace.run("kill", "-s", name, String(pid))
  }
}
