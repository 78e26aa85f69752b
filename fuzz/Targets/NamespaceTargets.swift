import LinuxSockets

/// What the kernel says about network namespaces and mounts.
enum NamespaceTargets {
  static func namespaces(_ bytes: [UInt8]) throws {
    _ = NamespaceDirectory.inode(bytes.span)
    _ = NamespaceIDs.id(bytes.span.bytes, 0..<bytes.count)
    _ = ProcNetProtocols.mptcpSockets(bytes.span)
    _ = ProcNetNetstat.hasMPTCP(bytes.span)
    if let mount = MountInfo.mountPoint(of: "cgroup2", bytes.span) {
      try Finding.unless(!mount.contains(" ") || bytes.contains(UInt8(ascii: "\\")), "“\(mount)”")
    }
  }
}
