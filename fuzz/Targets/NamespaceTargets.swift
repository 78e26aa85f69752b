import LinuxSockets

/// What the kernel says about network namespaces and mounts.
enum NamespaceTargets {
  static func namespaces(_ bytes: [UInt8]) throws {
    _ = NamespaceDirectory.inode(bytes.span)
    _ = NamespaceIDs.id(bytes.span.bytes, 0..<bytes.count)
    _ = MPTCPSockets.inUse(bytes.span)
    if let mount = CgroupDirectory.mountPoint(mountinfo: bytes.span) {
      try Finding.unless(!mount.contains(" ") || bytes.contains(UInt8(ascii: "\\")), "“\(mount)”")
    }
  }
}
