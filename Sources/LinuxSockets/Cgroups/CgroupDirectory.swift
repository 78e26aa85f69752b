/// Which systemd unit or container a cgroup v2 directory stands for, by its inode: what sock_diag
/// says of a socket without any privilege (`INET_DIAG_CGROUP_ID`, kernel `cgroup_id()`).
///
/// The tree is walked when an identifier is not known, at most once a poll. Identifiers are never
/// used again, so one that a walk does not find is gone for good and not looked for again.
package struct CgroupDirectory: Sendable {
  private let mountPoint: String?
  private var units: [UInt64: String] = [:]
  private var walkedThisPoll = false

  /// No host has more cgroups than this, short of an attempt to make the walk endless.
  private static let mostDirectories = 100_000

  /// Finds the mount point of cgroup2 in /proc/self/mountinfo; without one nothing has a unit.
  package init(procfs: ProcFS) {
    var mounts = SmallFile(capacity: 1 << 20)
    mountPoint =
      (try? mounts.read(procfs.path("self/mountinfo")) { Self.mountPoint(mountinfo: $0) }) ?? nil
  }

  /// Allows one more walk.
  package mutating func beginPoll() { walkedThisPoll = false }

  /// The unit of a cgroup; empty where it has none or is not known.
  ///
  /// 0 is a socket without a cgroup, 1 the root, which hosts without cgroup v2 say of all.
  package mutating func unit(of cgroup: UInt64) -> String {
    guard cgroup > 1, let mountPoint else { return "" }
    if let unit = units[cgroup] { return unit }
    guard !walkedThisPoll else { return "" }
    walkedThisPoll = true
    walk(mountPoint)
    if units[cgroup] == nil { units[cgroup] = "" }
    return units[cgroup] ?? ""
  }

  private mutating func walk(_ root: String) {
    var found: [UInt64: String] = [:]
    var pending = [""]
    while let path = pending.popLast(), found.count < Self.mostDirectories {
      // A directory that cannot be opened has gone meanwhile, or is not for us.
      guard let directory = try? DirectoryStream(root + path) else { continue }
      while let (name, inode) = directory.nextDirectory(), found.count < Self.mostDirectories {
        let child = path + "/" + name
        found[inode] = CgroupUnit.unit(path: child)
        pending.append(child)
      }
    }
    // Sockets outlive their cgroups, so what is gone is remembered, but not without bound.
    if units.count > 2 * found.count + 1024 { units.removeAll() }
    units.merge(found) { _, new in new }
  }

  /// The first mount of type cgroup2 (proc_pid_mountinfo(5)): `29 22 0:26 / /sys/fs/cgroup rw
  /// shared:4 - cgroup2 cgroup2 rw`.
  package static func mountPoint(mountinfo bytes: Span<UInt8>) -> String? {
    var lines = ByteScanner(end: bytes.count)
    while let line = lines.line(bytes) {
      var fields = ByteScanner(position: line.lowerBound, end: line.upperBound)
      for _ in 1...4 where !fields.skipField(bytes) { break }
      guard let path = fields.field(bytes) else { continue }
      while let field = fields.field(bytes) {
        guard bytes.holds("-", in: field) else { continue }
        if let type = fields.field(bytes), bytes.holds("cgroup2", in: type) {
          return unescaped(bytes, path)
        }
        break
      }
    }
    return nil
  }

  /// Spaces and the like are written `\040`.
  private static func unescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    var plain: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if bytes[index] == UInt8(ascii: "\\"), range.upperBound - index > 3,
        let byte = octal(bytes, index + 1)
      {
        plain.append(byte)
        index += 4
      } else {
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  private static func octal(_ bytes: Span<UInt8>, _ start: Int) -> UInt8? {
    var value = 0
    for index in start..<start + 3 {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 8 else { return nil }
      value = value * 8 + Int(digit)
    }
    return UInt8(exactly: value)
  }
}
