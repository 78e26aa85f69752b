internal import Glibc

/// The version of a kernel, as uname(2) has it: `6.1.0-57-cloud-amd64` is 6.1.
struct KernelRelease: Comparable {
  let major: Int
  let minor: Int

  init(_ major: Int, _ minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// nil if it does not begin with two numbers.
  init?(_ release: String) {
    let parts = release.split(separator: ".", maxSplits: 2)
    guard parts.count >= 2, let major = Int(parts[0]),
      let minor = Int(parts[1].prefix { ("0"..."9").contains($0) })
    else { return nil }
    self.init(major, minor)
  }

  /// That of the running kernel; nil if it is called in another way.
  static let current: KernelRelease? = {
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return nil }
    return unsafe withUnsafeBytes(of: &names.release) { bytes in
      unsafe KernelRelease(String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
    }
  }()

  static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}
