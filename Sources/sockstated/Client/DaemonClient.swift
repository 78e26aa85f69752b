import Glibc
import LinuxSockets

/// Asks a running daemon, one request a connection, with bounds on time and size.
struct DaemonClient: Sendable {
  /// The longest answer that is read: a list of 100,000 sockets is about half of it.
  static let maximumAnswer = 64 << 20
  /// Seconds without a byte after which it is given up: longer than a daemon may wait for its poll.
  private static let patience = 35

  let address: DaemonAddress
  /// The header Authorization; nil without a password.
  var authorization: String?

  /// The body of an answer with status 200.
  func get(_ path: String, _ query: [(name: String, value: String)] = []) throws(Failure) -> [UInt8]
  {
    let items = query.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
    var request = "GET \(address.prefix)\(path)\(items.isEmpty ? "" : "?" + items) HTTP/1.0\r\n"
    request += "Host: \(address.host)\r\nAccept: application/json\r\n"
    if let authorization { request += "Authorization: \(authorization)\r\n" }
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try exchange(Array((request + "\r\n").utf8))
    } catch {
      throw failure(error.description)
    }
    guard bytes.count < Self.maximumAnswer else { throw failure("the answer is too long") }
    guard let answer = HTTPAnswer(bytes) else { throw failure("the answer is no HTTP, or cut off") }
    switch answer.status {
    case 200: return answer.body
    case 401: throw failure("it asks for a password: see --user")
    case 404: throw failure("it has no \(path): is it a sockstated of this version?")
    default:
      let reason = String(decoding: answer.body.prefix(200), as: UTF8.self)
      throw failure("status \(answer.status): \(reason.split(separator: "\n").first ?? "")")
    }
  }

  private func failure(_ reason: String) -> Failure {
    Failure(message: "\(address.text): \(reason)")
  }

  /// Percent-encoding of all but the unreserved (RFC 3986, 2.3).
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e:
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      default: escaped += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return escaped
  }

  private func exchange(_ request: [UInt8]) throws(SystemError) -> [UInt8] {
    let socket = try connected()
    var sent = 0
    while sent < request.count {
      let count = unsafe request.withUnsafeBytes {
        let rest = unsafe UnsafeRawBufferPointer(rebasing: $0[sent...])
        return unsafe send(socket.number, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw .last("send") }
      sent += count
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while answer.count < Self.maximumAnswer {
      let count = try socket.read(into: &buffer, name: "the answer")
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    return answer
  }

  private func connected() throws(SystemError) -> Descriptor {
    switch address.place {
    case .unix(let path): try connected(toUnix: path)
    case .tcp(let host, let port): try connected(to: host, port)
    }
  }

  private func connected(toUnix path: String) throws(SystemError) -> Descriptor {
    let socket = try Self.socket(family: AF_UNIX)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { throw .last("connect") }
    return socket
  }

  private func connected(to host: String, _ port: UInt16) throws(SystemError) -> Descriptor {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let status = unsafe getaddrinfo(host, String(port), &hints, &found)
    guard status == 0 else {
      let reason = unsafe String(cString: gai_strerror(status))
      throw SystemError(operation: "find the host (\(reason))", errno: EHOSTUNREACH)
    }
    defer { unsafe freeaddrinfo(found) }
    var last = SystemError(operation: "connect", errno: EHOSTUNREACH)
    var next = unsafe found
    while let address = unsafe next {
      let socket = try Self.socket(family: unsafe address.pointee.ai_family)
      if unsafe connect(socket.number, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 {
        return socket
      }
      last = .last("connect")
      unsafe next = address.pointee.ai_next
    }
    throw last
  }

  private static func socket(family: Int32) throws(SystemError) -> Descriptor {
    let number = Glibc.socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .last("open a socket") }
    let socket = Descriptor(owning: number)
    // A connect, too, is given up after SO_SNDTIMEO (socket(7)).
    for (option, seconds) in [(SO_SNDTIMEO, 10), (SO_RCVTIMEO, patience)] {
      var timeout = timeval(tv_sec: seconds, tv_usec: 0)
      unsafe _ = setsockopt(
        socket.number, SOL_SOCKET, option, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }
    return socket
  }
}
