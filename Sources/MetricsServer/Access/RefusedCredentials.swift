internal import NIOCore

/// Names and passwords that have lately been refused, so that one that comes again costs no hashing. Only
/// keyed hashes of them are kept, in memory, for a minute.
struct RefusedCredentials {
  private static let lifetime = TimeAmount.minutes(1)
  private static let maximumCount = 1024

  private let salt = UInt64.random(in: .min ... .max)
  private var ends: [Int: NIODeadline] = [:]

  /// - Parameter hash: what the password was held against; nil if there is no such user.
  func contains(_ credentials: BasicCredentials, hash: String?) -> Bool {
    ends[digest(credentials, hash)].map { NIODeadline.now() < $0 } ?? false
  }

  mutating func insert(_ credentials: BasicCredentials, hash: String?) {
    let now = NIODeadline.now()
    if ends.count >= Self.maximumCount {
      ends = ends.filter { now < $0.value }
      if ends.count >= Self.maximumCount { ends = [:] }
    }
    ends[digest(credentials, hash)] = now + Self.lifetime
  }

  private func digest(_ credentials: BasicCredentials, _ hash: String?) -> Int {
    var hasher = Hasher()
    hasher.combine(salt)
    hasher.combine(credentials.user)
    hasher.combine(credentials.password)
    hasher.combine(hash)
    return hasher.finalize()
  }
}
