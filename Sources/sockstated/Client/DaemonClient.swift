import Exposition
import Glibc
import LinuxSockets
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SocketStates

/// Asks a running daemon, one request per connection, with bounds on time and size. Redirects are not
/// followed: the password is for the address that was given.
struct DaemonClient: Sendable {
  let address: DaemonAddress
  /// The header Authorization; nil without a password.
  var authorization: String?
  /// nil speaks plain HTTP.
  var tls: ClientTLS?
  /// The longest body that is read, in bytes: a list of 100,000 sockets is about half of it.
  var maximumBody = 64 << 20
  /// How long to wait for the next byte: longer than a daemon may wait for its poll.
  var patience = TimeAmount.seconds(35)
  /// The longest that an exchange may take, from connecting to its last byte; nil if it may go on while bytes come.
  var deadline: TimeAmount?

  private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  init(address: DaemonAddress) { self.address = address }

  /// The daemon's answer to a command: JSON, or a text. Either may come from anybody: what a terminal would
  /// obey is escaped, but for emphasis in a text.
  func answer(
    _ path: String, _ query: [(name: String, value: String)], asJSON: Bool = false
  ) throws(Failure) -> [UInt8] {
    let harmless = { (body: [UInt8]) in
      asJSON
        ? JSONWriter.harmless(body)
        : Array(TerminalText.harmless(String(decoding: body, as: UTF8.self)).utf8)
    }
    do throws(Failure) {
      return harmless(try get(path, query, accept: asJSON ? "application/json" : "text/plain"))
    } catch {
      throw Failure(
        message: error.message, status: error.status, related: error.related.map(harmless))
    }
  }

  /// The body of a response of this type with status 200. Blocks; not for an event loop.
  func get(
    _ path: String, _ query: [(name: String, value: String)] = [], accept type: String
  ) throws(Failure) -> [UInt8] {
    let response: ResponseCollector.Response
    do {
      response = try self.response(path, query, accept: type).wait()
    } catch {
      throw failure(Self.reason(of: error))
    }
    if response.status == 401, authorization != nil {
      throw failure("the user or the password is wrong")
    }
    guard let complaint = Self.complaint(about: response, path, type) else { return response.body }
    var failure = failure(complaint)
    // A complaint is one line of text.
    if response.status == 404, path == "/api/v1/explain", response.contentType.hasPrefix(type),
      type != "text/plain" || response.body.dropLast().contains(UInt8(ascii: "\n"))
    {
      failure.related = response.body
    }
    throw failure
  }

  /// The response, whatever its status.
  func response(
    _ path: String, _ query: [(name: String, value: String)] = [], accept type: String
  ) -> EventLoopFuture<ResponseCollector.Response> {
    exchange(head(path, query, accept: type))
  }

  /// Why a response is none that was asked for; nil if it is one.
  static func complaint(
    about response: ResponseCollector.Response, _ path: String, _ type: String
  ) -> String? {
    guard response.status == 200 else { return reason(of: response, path) }
    return response.contentType.hasPrefix(type)
      ? nil : "the response is not \(type); is it a sockstated?"
  }

  private func failure(_ reason: String) -> Failure {
    Failure(message: "\(address.text): \(reason)".visible)
  }
}

// MARK: - The exchange

extension DaemonClient {
  private func head(
    _ path: String, _ query: [(name: String, value: String)], accept: String
  ) -> HTTPRequestHead {
    let items = query.map { "\($0.name)=\(Self.escaped($0.value))" }.joined(separator: "&")
    var head = HTTPRequestHead(
      version: .http1_1, method: .GET,
      uri: address.prefix + path + (items.isEmpty ? "" : "?" + items))
    head.headers.add(name: "Host", value: address.host)
    head.headers.add(name: "Accept", value: accept)
    head.headers.add(name: "Connection", value: "close")
    if let authorization { head.headers.add(name: "Authorization", value: authorization) }
    return head
  }

  /// Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
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

  private func exchange(_ head: HTTPRequestHead) -> EventLoopFuture<ResponseCollector.Response> {
    let loop = Self.group.next()
    let promise = loop.makePromise(of: ResponseCollector.Response.self)
    if let deadline {
      let end = loop.scheduleTask(in: deadline) { promise.fail(ResponseCollector.Failure.silent) }
      promise.futureResult.whenComplete { _ in end.cancel() }
    }
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(
      min(deadline ?? .seconds(10), .seconds(10)))
    let connected =
      switch address.place {
      case .unix(let path): bootstrap.connect(unixDomainSocketPath: path)
      case .tcp(let host, let port): bootstrap.connect(host: host, port: Int(port))
      }
    connected.whenFailure { promise.fail($0) }
    connected.whenSuccess { channel in
      promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
      // Handlers that come too late are not told of the end.
      guard channel.isActive else { return promise.fail(ResponseCollector.Failure.malformed) }
      do {
        try configure(channel.pipeline.syncOperations, promise)
        channel.write(HTTPClientRequestPart.head(head), promise: nil)
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
      } catch {
        promise.fail(error)
      }
    }
    return promise.futureResult
  }

  private func configure(
    _ pipeline: ChannelPipeline.SynchronousOperations,
    _ promise: EventLoopPromise<ResponseCollector.Response>
  ) throws {
    try pipeline.addHandler(IdleStateHandler(readTimeout: patience))
    if let tls { try pipeline.addHandler(try tls.makeHandler()) }
    try pipeline.addHTTPClientHandlers()
    try pipeline.addHandler(ResponseCollector(promise, maximumBody: maximumBody))
  }
}

// MARK: - What went wrong

extension DaemonClient {
  static func reason(of error: any Error) -> String {
    switch error {
    case ResponseCollector.Failure.tooLong: "the response is too long"
    case ResponseCollector.Failure.silent: "no response in time"
    case ResponseCollector.Failure.malformed: "malformed or truncated HTTP response"
    case let error as IOError:
      SystemError(operation: "connect", errno: error.errnoCode).description
    case let error as NIOConnectionError:
      error.connectionErrors.last.map { reason(of: $0.error) } ?? "cannot find the host"
    case ChannelError.connectTimeout: "connection attempt timed out"
    case NIOSSLError.uncleanShutdown: "malformed or truncated HTTP response"
    default: ClientTLS.reason(of: error) ?? "\(error)"
    }
  }

  /// What a response that is not 200 says, in one line: it may come from anybody.
  private static func reason(of response: ResponseCollector.Response, _ path: String) -> String {
    let text = String(decoding: response.body.prefix(200), as: UTF8.self)
    let line = String(text.split(whereSeparator: \.isNewline).first ?? "")
    switch response.status {
    case 300..<400: return "status \(response.status); redirects are not followed"
    case 401: return "authentication required; use --user"
    case 404 where line == "Not found." || !response.contentType.hasPrefix("text/plain"):
      return "it has no \(path); is it a sockstated of this version?"
    case 404: return line.hasSuffix(".") ? String(line.dropLast()) : line
    default: return "status \(response.status): \(line)"
    }
  }
}
