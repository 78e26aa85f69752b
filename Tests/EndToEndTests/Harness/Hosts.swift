import Foundation

/// Three hosts in a row, front, api and db, each a network namespace: api routes between the others. The daemons of api
/// and db speak TLS and want a client certificate.
struct Hosts: Sendable {
  static let api = "10.77.1.2"
  static let db = "10.77.2.2"

  let front: BoundNamespace
  let api: BoundNamespace
  let db: BoundNamespace
  let directory: Directory
  /// The unix socket of front's daemon.
  let socket: String

  /// Makes them, lets `body` use them, and removes them.
  static func with(_ body: (Hosts) async throws -> Void) async throws {
    try await withSandbox { namespace, directory in
      try await namespace.hideBoundNamespaces()
      let hosts = Hosts(
        front: try await namespace.bound("front"), api: try await namespace.bound("api"),
        db: try await namespace.bound("db"), directory: directory,
        socket: directory.file("front.sock"))
      try await hosts.connect()
      try await hosts.makeCertificates()
      try await hosts.startDaemons()
      try await body(hosts)
    }
  }

  private func connect() async throws {
    for (left, right, network) in [(front, api, "10.77.1"), (api, db, "10.77.2")] {
      try await front.outer.run(
        "ip", "link", "add", "to-\(right.name)", "netns", left.name, "type", "veth", "peer",
        "name", "to-\(left.name)", "netns", right.name)
      for (host, device, address) in [
        (left, "to-\(right.name)", "\(network).1"), (right, "to-\(left.name)", "\(network).2"),
      ] {
        try await host.run("ip", "address", "add", "\(address)/24", "dev", device)
        try await host.run("ip", "link", "set", device, "up")
      }
    }
    try await front.run("ip", "route", "add", "10.77.2.0/24", "via", Self.api)
    try await db.run("ip", "route", "add", "10.77.1.0/24", "via", "10.77.2.1")
    try await api.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
  }

  /// An authority, what it signs for the daemons by one name, and what it signs for those who ask.
  private func makeCertificates() async throws {
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    func openssl(_ arguments: [String]) async throws {
      let child = try await front.outer.result(["openssl", "req", "-x509"] + arguments + curve)
      guard child.end == .exited(0) else { throw Child.Failure(description: child.errors) }
    }
    func files(_ name: String) -> [String] {
      ["-keyout", directory.file("\(name).key"), "-out", directory.file("\(name).pem")]
    }
    try await openssl(["-subj", "/CN=authority"] + files("ca"))
    for (name, extensions) in [
      ("daemon", ["subjectAltName=DNS:sockstated", "extendedKeyUsage=serverAuth"]),
      ("asker", ["subjectAltName=DNS:asker", "extendedKeyUsage=clientAuth"]),
    ] {
      try await openssl(
        [
          "-CA", directory.file("ca.pem"), "-CAkey", directory.file("ca.key"), "-subj",
          "/CN=\(name)",
        ]
          + (extensions + ["basicConstraints=critical,CA:FALSE"]).flatMap { ["-addext", $0] }
          + files(name))
    }
  }

  private func startDaemons() async throws {
    let file = try directory.write(
      "daemon.yaml", "close_wait: {stuck_after: 1s}\nstalls: {fault_after: 1s}\n")
    let web = try directory.write(
      "web.yaml",
      """
      tls_server_config:
        cert_file: daemon.pem
        key_file: daemon.key
        client_auth_type: RequireAndVerifyClientCert
        client_ca_file: ca.pem
      """)
    for host in [front, api, db] {
      let isFront = host.name == "front"
      _ = try await start(
        in: host,
        [
          Daemon.binary, "--config.file=\(file)", "--poll.interval=200ms",
          "--web.listen-address=\(isFront ? "unix:\(socket)" : ":10793")",
        ] + (isFront ? [] : ["--web.config.file=\(web)"]))
    }
    try directory.write(
      "peers.yaml",
      """
      peers:
        scheme: https
        ca_file: \(directory.file("ca.pem"))
        server_name: sockstated
        cert_file: \(directory.file("asker.pem"))
        key_file: \(directory.file("asker.key"))
        allow: [10.77.0.0/16]
      """)
    try await eventually("daemons that answer") { () -> Void? in
      for host in [Self.api, Self.db] {
        let curl = try await front.outer.result(
          ["ip", "netns", "exec", "front", "curl", "-sk", "--cert", directory.file("asker.pem")]
            + ["--key", directory.file("asker.key"), "https://\(host):10793/-/ready"])
        guard curl.output.hasPrefix("Ready") else { return nil }
      }
      return FileManager.default.fileExists(atPath: socket) ? () : nil
    }
  }

  /// Starts a program that goes on.
  func start(in host: BoundNamespace, _ arguments: [String]) async throws -> Program {
    try await host.outer.start(["ip", "netns", "exec", host.name] + arguments)
  }

  /// Starts one of `Programs` under another name and waits until it says that it is ready.
  @discardableResult
  func start(
    in host: BoundNamespace, _ program: String, as name: String, _ arguments: String...
  ) async throws -> Program {
    let text = try String(contentsOfFile: Tool.program(program), encoding: .utf8)
    let started = try await start(
      in: host, ["python3", try directory.write(name, text)] + arguments)
    try await started.says("ready")
    return started
  }

  /// What `explain --peers` says at front, on one line: asking its daemon, or polling by itself.
  func explain(_ arguments: String..., daemon: Bool = true) async throws -> String {
    try await explain(arguments, daemon: daemon)
  }

  private func explain(_ arguments: [String], daemon: Bool) async throws -> String {
    let child = try await front.outer.result(
      [
        "ip", "netns", "exec", "front", Daemon.binary, "explain", "--peers",
        "--config.file=\(directory.file("peers.yaml"))",
      ] + (daemon ? ["--connect=unix:\(socket)"] : []) + arguments)
    return (child.output + child.errors).split(whereSeparator: \.isWhitespace)
      .joined(separator: " ")
  }

  /// Asks until a way ends as wanted; gives what was said then.
  /// - Parameter pattern: a regular expression.
  @discardableResult
  func end(_ arguments: String..., matching pattern: String, daemon: Bool = true) async throws
    -> String
  {
    let wanted = try Regex(pattern)
    var last = ""
    do {
      return try await eventually("an end") {
        last = try await explain(arguments, daemon: daemon)
        let ends = last.components(separatedBy: "The end: ").dropFirst()
        return ends.contains { $0.contains(wanted) } ? last : nil
      }
    } catch {
      throw Child.Failure(description: "\(error): \(last)")
    }
  }
}
