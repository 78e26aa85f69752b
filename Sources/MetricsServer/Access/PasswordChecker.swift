internal import NIOCore
internal import NIOPosix

/// Checks the passwords of requests. Lives on the event loop; the hashing, which takes long, has a
/// thread of its own.
final class PasswordChecker {
  enum Verdict: Sendable {
    case granted, refused
    /// Too many passwords are being checked.
    case busy
  }

  private struct Verified {
    var hash: String
    var password: String
  }

  /// Passwords that wait for the thread at a time: guesses must not hold memory and connections.
  private static let maximumPending = 16

  private let pool: NIOThreadPool
  /// The password that each user last came with, and the hash it fits: a scrape costs no hashing.
  private var verified: [String: Verified] = [:]
  private var pending = 0

  init(pool: NIOThreadPool) {
    self.pool = pool
  }

  /// - Parameters:
  ///   - users: hashes by name; not empty.
  ///   - completion: called once on the event loop, at once if the answer is known.
  func check(
    _ credentials: BasicCredentials, users: [String: String], on eventLoop: any EventLoop,
    completion: @escaping (Verdict) -> Void
  ) {
    let known = users[credentials.user]
    if let known, let last = verified[credentials.user], last.hash == known,
      Bcrypt.areEqual(last.password, credentials.password)
    {
      return completion(.granted)
    }
    guard pending < Self.maximumPending else { return completion(.busy) }
    pending += 1
    // A name that nobody has must take as long as a wrong password.
    let hash = known ?? users.values.max { Bcrypt.cost(of: $0) < Bcrypt.cost(of: $1) } ?? ""
    pool.runIfActive(eventLoop: eventLoop) {
      Bcrypt.matches(credentials.password, hash: hash)
    }.assumeIsolated().whenComplete { result in
      self.pending -= 1
      guard known != nil, case .success(true) = result else { return completion(.refused) }
      self.verified[credentials.user] = Verified(hash: hash, password: credentials.password)
      completion(.granted)
    }
  }
}
