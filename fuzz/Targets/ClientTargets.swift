import Dispatch
import Glibc
import Logging
import MetricsServer

/// What whoever reaches the port sends.
enum ClientTargets {
  static func headers(_ bytes: [UInt8]) throws {
    let texts = parts(bytes, 3).map { String(decoding: $0, as: UTF8.self) }
    if let target = RequestTarget(parsing: texts[0]) {
      try Finding.unless(target.path.hasPrefix("/"), "the path “\(target.path)”")
    }
    let accept = AcceptHeader(texts[1])
    let qualities = accept.byPreference.map(\.quality)
    try Finding.unless(
      qualities.allSatisfy((1...1000).contains) && qualities == qualities.sorted(by: >),
      "the preferences \(qualities)")
    _ = accept.prefersGzip
    _ = BasicCredentials(texts[2])
  }

  /// Sends the bytes, ends its side, and reads to the end.
  static func http(_ bytes: [UInt8]) throws {
    let answer = try exchange(bytes, with: server.get().path)
    try Finding.unless(
      answer.isEmpty || answer.starts(with: "HTTP/1.".utf8),
      "the answer “\(String(decoding: answer, as: UTF8.self))”")
  }

  /// The server, which runs from the first use on, and where it listens.
  private static let server = Result { try start() }

  private static let routes: [String: MetricsServer.Handler] = [
    "/metrics": { request in
      .text("\(request.accept ?? "") \(AcceptHeader(request.acceptEncoding).prefersGzip)")
    },
    "/api": { request in .text("\(request.query) \(request.values(of: "state"))") },
  ]

  private static func start() throws -> (server: MetricsServer, path: String) {
    var template = Array("/tmp/sockstated-fuzz-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Finding(description: "no directory: \(errno)") }
    let path = String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self) + "/http"
    let server = MetricsServer(
      configuration: ServerConfiguration(listenAddresses: [.unix(path: path)]), routes: routes,
      slowRoutes: ["/slow": { _ in .text("slow") }],
      logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    let isReady = DispatchSemaphore(value: 0)
    // Where it fails, connections do, and say so.
    Task.detached {
      try? await server.start()
      isReady.signal()
    }
    isReady.wait()
    atexit {
      guard let path = try? ClientTargets.server.get().path else { return }
      unlink(path)
      rmdir(String(path.dropLast("/http".count)))
    }
    return (server, path)
  }

  private static func exchange(_ bytes: [UInt8], with path: String) throws -> [UInt8] {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    // So that a server that does not answer is a finding in the tests too.
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else { throw Finding(description: "no connection: errno \(errno)") }
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // The server may close before it has read everything.
      guard sent > 0 else { break }
      rest = rest.dropFirst(sent)
    }
    shutdown(descriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      // libFuzzer has a timer.
      if count < 0, errno == EINTR { continue }
      guard count >= 0 || errno == ECONNRESET else {
        throw Finding(description: "no end of the answer: errno \(errno)")
      }
      guard count > 0 else { return answer }
      answer += buffer[..<count]
    }
  }
}
