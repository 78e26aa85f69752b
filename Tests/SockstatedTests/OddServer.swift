import LinuxSockets
import Glibc

@testable import sockstated

/// A server on a unix socket that takes one request and sends what a test wants it to, HTTP or not.
final class OddServer: Sendable {
  /// What it does after that.
  enum Ending {
    case closes, stalls
    /// Before it has read anything.
    case hangsUp
  }

  let path: String

  init(sending answer: [UInt8], then ending: Ending) {
    var name = Array("/tmp/sockstated-odd-XXXXXX".utf8CString)
    // The name only: bind(2) makes the socket.
    close(mkstemp(&name))
    path = String(decoding: name.dropLast().map(UInt8.init), as: UTF8.self)
    unlink(path)
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    listen(listener, 1)
    BlockingThread.start { Self.serve(listener, answer, ending) }
  }

  deinit { unlink(path) }

  private static func serve(_ listener: Int32, _ answer: [UInt8], _ ending: Ending) {
    let connection = accept(listener, nil, nil)
    close(listener)
    defer { close(connection) }
    if ending == .hangsUp { return }
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      request += buffer[..<count]
    }
    var rest = answer[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return }
      rest = rest.dropFirst(sent)
    }
    // Until the client has gone.
    if ending == .stalls { _ = read(connection, &buffer, buffer.count) }
  }
}
