/// The systemd unit or container that a cgroup path stands for.
///
/// Names are as systemd.unit(5) and the container runtimes write them; a container wins over the
/// unit that its runtime runs in.
package enum CgroupUnit {
  /// The unit of a process from the content of /proc/PID/cgroup (cgroups(7)); empty where there is
  /// none.
  ///
  /// Of the hierarchies, the unified one (`0::/path`) and systemd's own (`1:name=systemd:/path`)
  /// are asked for units. Containers are looked for in all: some runtimes leave those two alone.
  package static func unit(cgroupFile bytes: Span<UInt8>) -> String {
    var unit = ""
    var lines = ByteScanner(end: bytes.count)
    while let line = lines.line(bytes) {
      guard let first = line.first(where: { bytes[$0] == UInt8(ascii: ":") }),
        let second = (first + 1..<line.upperBound).first(where: {
          bytes[$0] == UInt8(ascii: ":")
        })
      else { continue }
      let controllers = first + 1..<second
      let path = components(bytes, in: second + 1..<line.upperBound)
      if let container = container(path) { return container }
      if controllers.isEmpty || bytes.holds("name=systemd", in: controllers), unit.isEmpty {
        unit = self.unit(components: path)
      }
    }
    return unit
  }

  /// The unit or container of a path within a cgroup hierarchy: `/system.slice/nginx.service`.
  package static func unit(path: String) -> String {
    let bytes = Array(path.utf8)
    let components = components(bytes.span, in: 0..<bytes.count)
    return container(components) ?? unit(components: components)
  }

  private static func components(_ bytes: Span<UInt8>, in range: Range<Int>) -> [String] {
    var components: [String] = []
    var start = range.lowerBound
    for index in range.lowerBound...range.upperBound
    where index == range.upperBound || bytes[index] == UInt8(ascii: "/") {
      if start < index { components.append(String(lossy: bytes, in: start..<index)) }
      start = index + 1
    }
    return components
  }

  private static func unit(components: [String]) -> String {
    components.last { $0.hasUnitSuffix } ?? ""
  }

  private static func container(_ components: [String]) -> String? {
    for (index, component) in components.enumerated().reversed() {
      var name = component[...]
      if name.hasSuffix(".scope") { name.removeLast(".scope".count) }
      let identifier = name.suffix(64)
      guard identifier.count == 64, identifier.allSatisfy({ $0.isHexadecimal }) else { continue }
      let runtime = runtime(
        prefix: name.dropLast(64), parents: components[..<index])
      if let runtime { return "\(runtime)-\(identifier.prefix(12))" }
    }
    return nil
  }

  /// Which runtime names a cgroup so: `docker-<id>.scope` by its prefix, `/docker/<id>` by its
  /// parents. The scopes of the runtimes' own monitors (`libpod-conmon-<id>.scope`) are none.
  private static func runtime(prefix: Substring, parents: ArraySlice<String>) -> String? {
    switch prefix {
    case "docker-": return "docker"
    case "cri-containerd-", "crio-": return "cri"
    case "libpod-", "libpod-payload-": return "libpod"
    case "":
      if parents.contains(where: { $0.hasPrefix("kubepods") }) { return "cri" }
      return parents.last == "docker" ? "docker" : nil
    default:
      // containerd with a cgroup driver that is not the kubelet's: `kubepods-….slice:cri-containerd:<id>`.
      return prefix.hasSuffix(":cri-containerd:") ? "cri" : nil
    }
  }
}

extension String {
  fileprivate var hasUnitSuffix: Bool {
    // A name that is nothing but the suffix is a directory somebody else made.
    for suffix in [".service", ".scope"] where hasSuffix(suffix) { return count > suffix.count }
    return false
  }
}

extension Character {
  fileprivate var isHexadecimal: Bool {
    ("0"..."9").contains(self) || ("a"..."f").contains(self)
  }
}
