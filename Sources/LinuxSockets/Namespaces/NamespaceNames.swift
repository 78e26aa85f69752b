internal import SocketStates

/// What network namespaces are called: after the container or pod of their processes, else as they
/// are bound in /run/netns, else after the systemd unit, else by their number.
struct NamespaceNames {
  /// Of each process, the file is read once.
  private var file = SmallFile(capacity: 1 << 14)

  /// How many members are asked for a container: the first may be a helper of its runtime.
  private static let asked = 4

  /// The name, not among those taken, and what else it may be chosen by.
  mutating func names(
    of namespace: FoundNamespace, taken: some Collection<NetworkNamespace>, _ procfs: ProcFS
  ) -> [String] {
    let members = members(of: namespace, procfs)
    var name = name(of: namespace, members)
    if taken.contains(where: { $0.name == name }) { name += "-\(namespace.inode)" }
    return members.flatMap { [$0.namespace, $0.unit] }.reduce(into: [name]) { names, other in
      if !other.isEmpty, !names.contains(other) { names.append(other) }
    }
  }

  /// Whether a namespace that had only a number or a unit has a better name now. A container's
  /// processes are put into its cgroup after its namespace is made.
  mutating func isOutdated(
    _ namespace: NetworkNamespace, _ found: FoundNamespace, _ procfs: ProcFS
  ) -> Bool {
    guard namespace.nameChecks > 0 else { return false }
    namespace.nameChecks -= 1
    let name = name(of: found, members(of: found, procfs))
    return name != namespace.name && !namespace.name.hasPrefix(name + "-")
  }

  private func name(of namespace: FoundNamespace, _ members: [Member]) -> String {
    let units = members.map(\.namespace).filter { !$0.isEmpty }
    if let container = units.first(where: { !$0.hasUnitSuffix }) { return container }
    if let bound = namespace.boundName { return CgroupUnit.bounded("netns-" + bound.visibleName) }
    return units.first ?? "netns-\(namespace.inode)"
  }

  /// What the cgroup of a process tells.
  private typealias Member = (namespace: String, unit: String)

  private mutating func members(of namespace: FoundNamespace, _ procfs: ProcFS) -> [Member] {
    namespace.members.prefix(Self.asked).compactMap { pid in
      try? file.read(procfs.path("\(pid)/cgroup")) {
        (CgroupUnit.namespace(cgroupFile: $0), CgroupUnit.unit(cgroupFile: $0))
      }
    }
  }
}
