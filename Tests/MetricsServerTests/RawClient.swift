import Foundation

/// A client that sends and reads what a test says, byte by byte if need be.
final class RawClient {
  struct Response {
    var status: Int
    var headers: [String: String]
    var body: String
  }

  struct Failure: Error {
    var step: String
    var error: Int32
  }

  private let descriptor: Int32
  private var received: [UInt8] = []

  /// - Parameter receiveBuffer: bytes that the kernel may hold for this client, roughly.
  convenience init(port: UInt16, receiveBuffer: Int32? = nil) throws {
    self.init(family: AF_INET)
    if var receiveBuffer {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, 4)
    }
    try connect(port: port)
  }

  convenience init(path: String) throws {
    self.init(family: AF_UNIX)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    try connect(&address)
  }

  /// Not connected yet.
  init(family: Int32) {
    descriptor = socket(family, Int32(SOCK_STREAM.rawValue), 0)
  }

  deinit { close(descriptor) }

  func connect(port: UInt16) throws {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    try connect(&address)
  }

  private func connect<Address>(_ address: inout Address) throws {
    // No read waits for ever: a server that does not answer fails the test.
    var timeout = timeval(tv_sec: 180, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let size = socklen_t(MemoryLayout<Address>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(descriptor, $0, size)
      }
    }
    guard result == 0 else { throw Failure(step: "connect", error: errno) }
  }

  func send(_ text: String) throws {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { throw Failure(step: "send", error: errno) }
      rest = rest.dropFirst(sent)
    }
  }

  func closeOutput() {
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// Lets the end of this client be a reset, not a FIN.
  func resetWhenClosed() {
    var reset = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
  }

  /// One more piece of what the server sends; false at its end.
  func receive() throws -> Bool {
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count >= 0 else { throw Failure(step: "recv", error: errno) }
    received += buffer[..<count]
    return count > 0
  }

  /// Everything up to the end of the stream.
  func readToEnd() throws -> String {
    while try receive() {}
    defer { received = [] }
    return String(decoding: received, as: UTF8.self)
  }

  /// Bytes up to the end of the stream or a reset, as of a peer that gave us up.
  func countToEndOrReset() throws -> Int {
    do {
      while try receive() {}
    } catch let failure as Failure where failure.error == ECONNRESET {}
    return received.count
  }

  /// The next response, framed by its Content-Length.
  func readResponse(hasBody: Bool = true) throws -> Response {
    var split = received.firstRange(of: Array("\r\n\r\n".utf8))
    while split == nil {
      guard try receive() else { throw Failure(step: "head", error: 0) }
      split = received.firstRange(of: Array("\r\n\r\n".utf8))
    }
    let lines = String(decoding: received[..<split!.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    received.removeSubrange(..<split!.upperBound)
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.components(separatedBy: ": ")
      headers[parts[0].lowercased()] = parts.dropFirst().joined(separator: ": ")
    }
    let length = hasBody ? Int(headers["content-length"] ?? "") ?? 0 : 0
    while received.count < length {
      guard try receive() else { throw Failure(step: "body", error: 0) }
    }
    defer { received.removeFirst(length) }
    return Response(
      status: Int(lines[0].components(separatedBy: " ")[1])!, headers: headers,
      body: String(decoding: received[..<length], as: UTF8.self))
  }

  /// The chunks of a body (RFC 9112, 7.1), to its end.
  func readChunks() throws -> [String] {
    var chunks: [String] = []
    while true {
      let length = Int(try readLine(), radix: 16)!
      while received.count < length + 2 {
        guard try receive() else { throw Failure(step: "chunk", error: 0) }
      }
      let chunk = String(decoding: received[..<length], as: UTF8.self)
      received.removeFirst(length + 2)
      if length == 0 { return chunks }
      chunks.append(chunk)
    }
  }

  private func readLine() throws -> String {
    while true {
      if let end = received.firstRange(of: Array("\r\n".utf8)) {
        defer { received.removeSubrange(..<end.upperBound) }
        return String(decoding: received[..<end.lowerBound], as: UTF8.self)
      }
      guard try receive() else { throw Failure(step: "line", error: 0) }
    }
  }

  /// Sends a GET and reads its response.
  func get(_ path: String) throws -> Response {
    try send("GET \(path) HTTP/1.1\r\nHost: test\r\n\r\n")
    return try readResponse()
  }
}
