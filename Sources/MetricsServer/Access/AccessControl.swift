internal import Configuration
internal import NIOCore
internal import NIOPosix

/// Decides which requests are answered. Lives on the event loop.
final class AccessControl {
  /// What has been decided about a request.
  enum Decision {
    /// The response goes ahead; whether the client has shown who it is.
    case granted(isAuthenticated: Bool)
    case refused(HTTPResponse)
  }

  private let file: SecurityFile?
  private let passwords: PasswordChecker
  private var bucket = TokenBucket()

  /// - Parameter file: nil lets everyone in, without TLS.
  init(file: SecurityFile?, pool: NIOThreadPool) {
    self.file = file
    passwords = PasswordChecker(pool: pool)
  }

  /// How a new connection speaks TLS; nil if it does not.
  var tls: TLSContext? { file?.current.tls }

  /// Decides about a request.
  ///
  /// - Parameters:
  ///   - authorization: its headers of that name.
  ///   - asker: who sent them.
  ///   - isKnownByCertificate: whether the client's certificate has been verified.
  ///   - completion: called on the event loop, perhaps at once, with the headers that every response
  ///     has; not at all if nobody waits for it any more.
  func decide(
    authorization: [String], by asker: PasswordChecker.Asker, isKnownByCertificate: Bool,
    on eventLoop: any EventLoop,
    completion: @escaping (Decision, _ headers: [WebConfig.Header]) -> Void
  ) {
    guard let config = file?.current.config else {
      return completion(.granted(isAuthenticated: false), [])
    }
    guard bucket.takeToken(config.rateLimit, at: .now()) else {
      let seconds = max(1, (config.rateLimit.interval + 999) / 1000)
      return completion(.refused(.rateLimited(seconds: seconds)), config.headers)
    }
    guard !config.users.isEmpty else {
      return completion(.granted(isAuthenticated: isKnownByCertificate), config.headers)
    }
    guard authorization.count == 1, let credentials = BasicCredentials(authorization[0]) else {
      return completion(.refused(.unauthorized), config.headers)
    }
    passwords.check(credentials, by: asker, users: config.users, on: eventLoop) { verdict in
      let decision: Decision =
        switch verdict {
        case .granted: .granted(isAuthenticated: true)
        case .refused: .refused(.unauthorized)
        case .busy: .refused(.tooManyPasswords)
        }
      completion(decision, config.headers)
    }
  }
}
