import Foundation
import SeededRandom

/// What a soak does to the daemon, one after another, each for a few seconds.
enum SoakFault: String, CaseIterable {
  case slowClients, stalledReaders, guesses, badRequests, stopped, fewDescriptors, flood,
    badConfiguration, reloads, hostileNames, silentProcess
}

/// Makes the faults of a soak happen. What is random follows from the seed.
struct SoakFaults {
  /// Where the server listens that is flooded.
  static let floodedPort = "8004"

  /// The time that empty groups are kept is long enough for a group not to go, come back and begin anew
  /// between two scrapes, and short enough for those of ended programs to go.
  private static let configurations = [
    """
    limits:
      linger: 5m
    close_wait:
      stuck_after: 5s

    """,
    """
    limits:
      linger: 6m
    close_wait:
      stuck_after: 10s
    processes:
      - match:
          cmdline: .*/visits\\.js .*
        name: visitor

    """,
  ]
  private static let mistakes = [
    "limits:\n  linger: soon\n", "limits: [\n", "no_such_section:\n  a: 1\n", "\u{0}",
    "processes:\n  - match:\n      exe: \"(\"\n    name: x\n",
  ]

  private let daemon: Daemon
  private let directory: Directory
  private let scrapes: SoakScrapes
  private var chance: SplitMix64
  private(set) var counts: [SoakFault: Int] = [:]

  /// Writes the daemon's first configuration and gives its path.
  static func configure(_ directory: Directory) throws -> String {
    try directory.write("sockstated.yaml", configurations[0])
  }

  init(_ daemon: Daemon, _ directory: Directory, _ scrapes: SoakScrapes, seed: UInt64) {
    self.daemon = daemon
    self.directory = directory
    self.scrapes = scrapes
    chance = SplitMix64(state: seed)
  }

  /// All faults in a random order, again and again.
  mutating func run(until deadline: ContinuousClock.Instant) async throws {
    while true {
      for fault in SoakFault.allCases.shuffled(using: &chance) {
        let pause = Int.random(in: 1000...6000, using: &chance)
        try await Task.sleep(for: .milliseconds(pause))
        if ContinuousClock.now >= deadline { return }
        try await happen(fault)
        counts[fault, default: 0] += 1
      }
    }
  }

  private mutating func happen(_ fault: SoakFault) async throws {
    let seconds = Int.random(in: 1...5, using: &chance)
    switch fault {
    case .slowClients: try await clients("slow", count: 30, seconds: seconds)
    case .stalledReaders: try await clients("stalled", count: 44, seconds: seconds)
    case .guesses: try await clients("guess", count: 20, seconds: seconds)
    case .badRequests: try await clients("bad", count: 200)
    case .stopped: try await whileStopped { try await Task.sleep(for: .seconds(seconds)) }
    case .fewDescriptors: try await withFewDescriptors(seconds: seconds)
    case .flood: try await flood()
    case .badConfiguration: try await makeMistake()
    case .reloads: try await reload(times: 20)
    case .hostileNames: try await withHostileNames(seconds: seconds)
    case .silentProcess: try await withSilentProcess(seconds: seconds)
    }
  }

  private mutating func clients(_ kind: String, count: Int, seconds: Int = 0) async throws {
    let seed = Int.random(in: 0...Int(Int32.max), using: &chance)
    let clients = try await daemon.program.namespace.result(
      [
        "python3", Tool.program("seeded-clients.py"), kind, daemon.socket, "\(count)", "\(seed)",
        "\(seconds)",
      ])
    guard clients.end == .exited(0) else {
      throw Child.Failure(description: "\(kind) clients: \(clients.errors)")
    }
  }

  private func whileStopped(_ body: () async throws -> Void) async throws {
    try await daemon.program.signal("STOP")
    try await body()
    try await daemon.program.signal("CONT")
  }

  /// Listeners whose names have what no output may have.
  private mutating func withHostileNames(seconds: Int) async throws {
    let names = (0..<20).map { _ in
      // As bytes in Latin-1.
      String(String.UnicodeScalarView(HostileText.random(&chance).utf8.map { Unicode.Scalar($0) }))
    }
    let list = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
    let liars = try await daemon.program.namespace.start(
      "python3", "many-names.py", "all", "30000", list, String(repeating: "x", count: 300))
    try await Task.sleep(for: .seconds(seconds))
    for path in ["/metrics", "/api/v1/groups", "/_/page"] {
      guard let text = try await daemon.get(path)?.text,
        HostileText.scalars(in: text).allSatisfy({ $0 == "\n" })
      else { throw Child.Failure(description: "\(path) has names as they are, or none") }
    }
    liars.child.send("", andClose: true)
    try await liars.child.ended()
  }

  /// A process whose memory nobody can read.
  private func withSilentProcess(seconds: Int) async throws {
    guard getuid() == 0, access("/dev/fuse", R_OK | W_OK) == 0 else { return }
    let mount = directory.file("silent-\(counts[.silentProcess, default: 0])")
    try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: false)
    let silent = try await daemon.program.namespace.start([
      "python3", Tool.program("silent-memory.py"), mount, "30100",
    ])
    try await silent.says("ready")
    try await Task.sleep(for: .seconds(seconds))
    try await silent.signal("KILL")
  }

  /// Leaves no descriptor for half of what comes.
  private mutating func withFewDescriptors(seconds: Int) async throws {
    let metrics = try await daemon.metrics()
    guard let open = metrics.value("process_open_fds"),
      let limit = metrics.value("process_max_fds")
    else { throw Child.Failure(description: "the daemon does not tell its descriptors") }
    try await setDescriptorLimit(Int(open) + 10)
    try await clients("slow", count: 20, seconds: seconds)
    try await setDescriptorLimit(Int(limit))
  }

  /// Sets the soft limit; the hard one stays.
  private func setDescriptorLimit(_ limit: Int) async throws {
    try await daemon.program.namespace.run(
      "prlimit", "--pid", "\(daemon.program.pid)", "--nofile=\(limit):")
  }

  /// More connections open and close than events of their ends fit into the daemon's buffer.
  private func flood() async throws {
    try await whileStopped {
      let visitors = try await daemon.program.namespace.start(
        "node", "visits.js", "127.0.0.1", Self.floodedPort, "15000", "500")
      // However far it has come: a client of the daemon does not wait for ever.
      for _ in 0..<100 where !visitors.child.output.contains("done") {
        try await Task.sleep(for: .milliseconds(100))
      }
      visitors.child.send("stop\n")
      try await visitors.child.line("the flood's end") { $0.hasPrefix("made ") }
      try await visitors.signal("KILL")
    }
  }

  private mutating func makeMistake() async throws {
    try directory.write(
      "sockstated.yaml", Self.mistakes.randomElement(using: &chance) ?? "limits: [\n")
    try await daemon.program.signal("HUP")
    try await scrapes.wait(for: "a refused configuration") {
      $0.value("sockstate_config_last_reload_successful") == 0
    }
    try await reload(times: 1)
  }

  private mutating func reload(times: Int) async throws {
    for _ in 0..<times {
      try directory.write(
        "sockstated.yaml", Self.configurations.randomElement(using: &chance) ?? "")
      try await daemon.program.signal("HUP")
    }
    try await scrapes.wait(for: "a configuration taken") {
      $0.value("sockstate_config_last_reload_successful") == 1
    }
  }
}
