import Configuration
import FoundationEssentials

/// The header Authorization of the Basic scheme (RFC 7617).
enum Authorization {
  /// The environment variable that holds the password.
  static let variable = "SOCKSTATED_PASSWORD"

  /// The header for a user whose password is the first line of a file, or else in the environment: on
  /// a command line everybody could read it.
  static func basic(user: String, passwordFile: String?) throws(Failure) -> String {
    guard !user.contains(":") else {
      throw Failure(message: "--user: a user name cannot contain a colon", status: Failure.usage)
    }
    let password = try password(in: passwordFile)
    let credentials = Data(user.utf8) + Data(":".utf8) + Data(password)
    return "Basic " + credentials.base64EncodedString()
  }

  private static func password(in file: String?) throws(Failure) -> [UInt8] {
    guard let file else {
      guard let value = Environment[variable] else {
        throw Failure(
          message: "--user: no password; set \(variable) or use --password-file",
          status: Failure.usage)
      }
      return Array(value.utf8)
    }
    do throws(ConfigurationError) {
      let bytes = try ConfigurationFile.read(file, limit: 4096)
      return Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
    } catch {
      throw Failure(message: "--password-file: \(error)", status: Failure.usage)
    }
  }
}
