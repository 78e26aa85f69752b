internal import NIOCore
internal import NIOPosix

/// Checks the passwords of requests. Lives on the event loop; the hashing, which takes long, has a
/// thread of its own, for which clients take turns.
final class PasswordChecker {
  enum Verdict: Sendable {
    case granted, refused
    /// Too many passwords are being checked.
    case busy
  }

  /// Who asks, and whether somebody still waits for the answer.
  struct Asker {
    var client: ClientAddress
    var isWaiting: () -> Bool
  }

  private struct Verified {
    var hash: String
    var password: String
  }

  private struct Attempt {
    var credentials: BasicCredentials
    /// The user's; nil if there is no such user.
    var known: String?
    var users: [String: String]
    var isWaiting: () -> Bool
    var completion: (Verdict) -> Void
  }

  /// Passwords that wait for the thread at a time: guesses must not hold memory and connections.
  private static let maximumPending = 128
  /// Of these from one client: whoever guesses leaves places to others.
  private static let maximumPendingOfOne = 96

  private let pool: NIOThreadPool
  /// The password that each user last came with, and the hash it fits: a scrape costs no hashing.
  private var verified: [String: Verified] = [:]
  private var refused = RefusedCredentials()
  /// What waits, by client in the order of their turns.
  private var queues: [(client: ClientAddress, attempts: [Attempt])] = []
  private var isHashing = false

  init(pool: NIOThreadPool) {
    self.pool = pool
  }

  /// - Parameters:
  ///   - users: hashes by name; not empty.
  ///   - completion: called on the event loop, at once if the answer is known; not at all if nobody waits
  ///     for it any more.
  func check(
    _ credentials: BasicCredentials, by asker: Asker, users: [String: String],
    on eventLoop: any EventLoop, completion: @escaping (Verdict) -> Void
  ) {
    let known = users[credentials.user]
    if let known, let last = verified[credentials.user], last.hash == known,
      Bcrypt.areEqual(last.password, credentials.password)
    {
      return completion(.granted)
    }
    guard !refused.contains(credentials, hash: known) else { return completion(.refused) }
    let attempt = Attempt(
      credentials: credentials, known: known, users: users, isWaiting: asker.isWaiting,
      completion: completion)
    guard enqueue(attempt, of: asker.client) else { return completion(.busy) }
    checkNext(on: eventLoop)
  }

  private func enqueue(_ attempt: Attempt, of client: ClientAddress) -> Bool {
    for index in queues.indices { queues[index].attempts.removeAll { !$0.isWaiting() } }
    queues.removeAll { $0.attempts.isEmpty }
    let index = queues.firstIndex { $0.client == client }
    guard queues.reduce(0, { $0 + $1.attempts.count }) < Self.maximumPending,
      index.map({ queues[$0].attempts.count < Self.maximumPendingOfOne }) ?? true
    else { return false }
    if let index {
      queues[index].attempts.append(attempt)
    } else {
      queues.append((client, [attempt]))
    }
    return true
  }

  private func checkNext(on eventLoop: any EventLoop) {
    guard !isHashing, !queues.isEmpty else { return }
    var turn = queues.removeFirst()
    let attempt = turn.attempts.removeFirst()
    if !turn.attempts.isEmpty { queues.append(turn) }
    guard attempt.isWaiting() else { return checkNext(on: eventLoop) }
    isHashing = true
    let highest = attempt.users.values.map(Bcrypt.cost(of:)).max() ?? 0
    let (password, known) = (attempt.credentials.password, attempt.known)
    pool.runIfActive(eventLoop: eventLoop) {
      if let known, Bcrypt.matches(password, hash: known) { return true }
      // A name that nobody has, and one with a cheaper hash, take as long as the dearest.
      for cost in Bcrypt.missingCosts(from: known.map(Bcrypt.cost(of:)), to: highest) {
        Bcrypt.waste(password, cost: cost)
      }
      return false
    }.assumeIsolated().whenComplete { result in
      self.isHashing = false
      self.conclude(attempt, isRight: (try? result.get()) == true)
      self.checkNext(on: eventLoop)
    }
  }

  private func conclude(_ attempt: Attempt, isRight: Bool) {
    if isRight, let hash = attempt.known {
      verified[attempt.credentials.user] = Verified(
        hash: hash, password: attempt.credentials.password)
    } else {
      refused.insert(attempt.credentials, hash: attempt.known)
    }
    attempt.completion(isRight ? .granted : .refused)
  }
}
