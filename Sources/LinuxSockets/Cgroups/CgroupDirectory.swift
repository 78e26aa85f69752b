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
      (try? mounts.read(procfs.path("self/mountinfo")) { MountInfo.mountPoint(of: "cgroup2", $0) })
      ?? nil
  }

  /// Allows one more walk.
  package mutating func beginPoll() { walkedThisPoll = false }

  /// The unit of a cgroup; empty if it has none or is not known.
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
}
