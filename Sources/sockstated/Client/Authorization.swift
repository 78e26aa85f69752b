import Glibc
import LinuxSockets

/// The header Authorization of Basic (RFC 7617).
enum Authorization {
  /// The environment's variable with the password.
  static let variable = "SOCKSTATED_PASSWORD"

  /// The header for a user whose password is in a file, its first line, or else in the environment:
  /// on a command line everybody could read it.
  static func basic(user: String, passwordFile: String?) throws(Failure) -> String {
    guard !user.contains(":") else {
      throw Failure(message: "--user: a colon cannot be in it", status: Failure.usage)
    }
    let password: [UInt8]
    if let passwordFile {
      do throws(SystemError) {
        let file = try Descriptor.open(passwordFile)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = try file.read(into: &bytes, name: passwordFile)
        password = Array(bytes[..<count].prefix { $0 != UInt8(ascii: "\n") })
      } catch {
        throw Failure(message: "--password-file: \(error)", status: Failure.usage)
      }
    } else {
      guard let value = unsafe getenv(variable) else {
        throw Failure(
          message: "--user: no password; give it in \(variable) or with --password-file",
          status: Failure.usage)
      }
      password = Array(unsafe String(cString: value).utf8)
    }
    return "Basic " + base64(Array(user.utf8) + [UInt8(ascii: ":")] + password)
  }

  /// RFC 4648, 4.
  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      word <<= UInt32(3 - group.count) * 8
      for place in 0..<4 {
        text.append(
          place <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * place) & 63)] : "=")
      }
    }
    return text
  }
}
