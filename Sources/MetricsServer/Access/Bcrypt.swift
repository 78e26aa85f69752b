internal import CCrypt
internal import Glibc

/// Passwords hashed as crypt(5) describes.
enum Bcrypt {
  /// Whether `password` is the one that `hash` was made of. Takes long, by design; how long depends
  /// on the hash and not on the password.
  static func matches(_ password: String, hash: String) -> Bool {
    let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
    defer { unsafe data.deallocate() }
    unsafe memset(data, 0, MemoryLayout<crypt_data>.size)
    guard let computed = unsafe crypt_r(password, hash, data) else { return false }
    // crypt(3) would stop at a NUL, and take what stands before it.
    return unsafe areEqual(String(cString: computed), hash) && !password.utf8.contains(0)
  }

  /// The costs of the hashes that take, together, the time that is missing after one of the cost `done`
  /// (nil: after none) to one of the cost `highest`.
  static func missingCosts(from done: Int?, to highest: Int) -> [Int] {
    done.map { Array($0..<max($0, highest)) } ?? [highest]
  }

  /// Makes a hash for the time that it takes.
  static func waste(_ password: String, cost: Int) {
    let salt = String(repeating: ".", count: 22)
    _ = matches(password, hash: "$2b$\(cost < 10 ? "0" : "")\(cost)$\(salt)")
  }

  /// Compares in a time that does not depend on where the texts differ.
  static func areEqual(_ left: String, _ right: String) -> Bool {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// The cost in `$2b$10$…`: one more takes twice as long.
  static func cost(of hash: String) -> Int {
    Int(hash.split(separator: "$").dropFirst().first ?? "") ?? 0
  }
}
