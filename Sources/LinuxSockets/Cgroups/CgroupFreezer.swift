/// Finds the frozen cgroup that a process is in.
struct CgroupFreezer: Sendable {
  private let unified: String?
  private let legacy: String?
  private var file = SmallFile(capacity: 1 << 14)

  /// Finds the mount points in /proc/self/mountinfo.
  init(procfs: ProcFS) {
    var mounts = SmallFile(capacity: 1 << 20)
    let found = try? mounts.read(procfs.path("self/mountinfo")) { bytes in
      (
        MountInfo.mountPoint(of: "cgroup2", bytes),
        MountInfo.mountPoint(of: "cgroup", option: "freezer", bytes)
      )
    }
    (unified, legacy) = found ?? (nil, nil)
  }

  /// The directory of the outermost frozen cgroup of a process; nil if none is.
  /// - Parameter cgroupFile: its /proc/PID/cgroup.
  mutating func frozen(cgroupFile path: String) -> String? {
    let paths = try? file.read(path) { bytes in
      (
        CgroupPath.path(in: "", cgroupFile: bytes),
        CgroupPath.path(in: "freezer", cgroupFile: bytes)
      )
    }
    guard let paths else { return nil }
    if let unified, let path = paths.0,
      holds("frozen", "1", in: unified + path + "/cgroup.events")
    {
      return outermost(unified, path) { holds("1", nil, in: $0 + "/cgroup.freeze") }
    }
    if let legacy, let path = paths.1,
      holds("FROZEN", nil, in: legacy + path + "/freezer.state")
    {
      return outermost(legacy, path) { holds("1", nil, in: $0 + "/freezer.self_freezing") }
    }
    return nil
  }

  /// The first directory on the way to the cgroup that was frozen itself; else the cgroup's own.
  private func outermost(_ root: String, _ path: String, _ isFrozen: (String) -> Bool) -> String {
    var directory = root
    for component in path.split(separator: "/") {
      directory += "/" + component
      if isFrozen(directory) { return directory }
    }
    return directory
  }

  /// Whether a line of the file has these fields.
  private func holds(_ name: StaticString, _ value: StaticString?, in path: String) -> Bool {
    var file = SmallFile(capacity: 4096)
    let found = try? file.read(path) { bytes in
      var lines = FieldScanner(bytes)
      while let line = lines.line(bytes) {
        var fields = FieldScanner(line)
        guard let first = fields.field(bytes), bytes.holds(name, in: first) else { continue }
        guard let value else { return true }
        if let second = fields.field(bytes), bytes.holds(value, in: second) { return true }
      }
      return false
    }
    return found ?? false
  }
}
