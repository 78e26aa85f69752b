internal import SocketStates

/// The systemd unit or container that a cgroup path stands for.
///
/// Names are as systemd.unit(5) and the container runtimes write them; a container wins over the
/// unit that its runtime runs in. Only the first unit of a path was named by the system's manager: what is
/// below it, its owner may have made. Below a user's manager, the name says whose: `user@1000/nginx.service`.
package enum CgroupUnit {
  /// The unit of a process from the content of /proc/PID/cgroup (cgroups(7)); empty if there is
  /// none.
  ///
  /// Of the hierarchies, the unified one (`0::/path`) and systemd's own (`1:name=systemd:/path`)
  /// are asked for units. Containers are looked for in all: some runtimes leave those two alone.
  package static func unit(cgroupFile bytes: Span<UInt8>) -> String {
    name(cgroupFile: bytes) { path in container(path).map { owner(path) + $0.name } }
  }

  /// What the network namespace of a process goes by, from the content of its /proc/PID/cgroup
  /// (cgroups(7)); empty if the cgroup says nothing. At most 120 bytes.
  ///
  /// - `pod-UID` in a Kubernetes pod, whose containers share one network namespace
  ///   (kubernetes.io/docs/concepts/workloads/pods, "Pod networking"). A container that somebody
  ///   runs inside a pod's container has its own.
  /// - The container otherwise, as in the label `unit`.
  /// - Else the systemd unit: `nginx.service` with `PrivateNetwork=` (systemd.exec(5)).
  package static func namespace(cgroupFile bytes: Span<UInt8>) -> String {
    bounded(
      name(cgroupFile: bytes) { components in
        podOrContainer(components).map { owner(components) + $0 }
      })
  }

  /// The unit or container of a path within a cgroup hierarchy: `/system.slice/nginx.service`.
  package static func unit(path: String) -> String {
    let bytes = Array(path.utf8)
    let components = components(bytes.span, in: 0..<bytes.count)
    return container(components).map { owner(components) + $0.name } ?? unit(components: components)
  }

  /// What `container` finds in the first hierarchy in which it finds anything, else the unit.
  private static func name(
    cgroupFile bytes: Span<UInt8>, container: ([String]) -> String?
  ) -> String {
    var unit = ""
    var lines = FieldScanner(bytes)
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

  private static func components(_ bytes: Span<UInt8>, in range: Range<Int>) -> [String] {
    var components: [String] = []
    var start = range.lowerBound
    for index in range.lowerBound...range.upperBound
    where index == range.upperBound || bytes[index] == UInt8(ascii: "/") {
      if start < index { components.append(String(lossy: bytes, in: start..<index).visibleName) }
      start = index + 1
    }
    return components
  }

  /// The unit of the system's manager, after that the one of the user's manager that it may be: each is below
  /// slices only (systemd.slice(5)).
  private static func unit(components: [String]) -> String {
    var path = belowSlices(components[...])
    guard let first = path.popFirst(), first.hasUnitSuffix else { return "" }
    let owner = owner(components)
    guard !owner.isEmpty, let second = belowSlices(path).first, second.hasUnitSuffix else {
      return bounded(unitName(directory: first, ofUser: false), 255)
    }
    return bounded(owner + unitName(directory: second, ofUser: true), 255)
  }

  private static func belowSlices(_ components: ArraySlice<String>) -> ArraySlice<String> {
    // A cgroup namespace that is not the root's shows what is outside of it with `..` (cgroup_namespaces(7)).
    components.drop { $0.hasSuffix(".slice") || $0 == ".." }
  }

  /// `user@1000/` for what a user's manager runs, who then chose its name; empty for all else.
  private static func owner(_ components: [String]) -> String {
    guard let first = belowSlices(components[...]).first, first.hasPrefix("user@"),
      first.hasSuffix(".service")
    else { return "" }
    return first.dropLast(".service".count) + "/"
  }

  /// The innermost container of a path, and the component that names it.
  private static func container(_ components: [String]) -> (name: String, index: Int)? {
    for index in components.indices.reversed() {
      if let name = engineContainer(components, at: index)
        ?? nspawnContainer(components, at: index) ?? lxcContainer(components, at: index)
      {
        return (name, index)
      }
    }
    return nil
  }

  /// A container whose runtime gives it an identifier of 64 hexadecimal digits.
  private static func engineContainer(_ components: [String], at index: Int) -> String? {
    var name = components[index][...]
    if name.hasSuffix(".scope") { name.removeLast(".scope".count) }
    let identifier = name.suffix(64)
    guard identifier.count == 64, identifier.allSatisfy({ $0.isHexadecimal }) else { return nil }
    return runtime(prefix: name.dropLast(64), parents: components[..<index])
      .map { "\($0)-\(identifier.prefix(12))" }
  }

  private static func podOrContainer(_ components: [String]) -> String? {
    let container = container(components)
    for index in components.indices.reversed() {
      guard let pod = podUID(components, at: index) else { continue }
      // Further down than the pod's own containers: one that runs inside of those.
      if let container, container.index > index + 1 { return container.name }
      return "pod-\(pod)"
    }
    return container?.name
  }

  /// Which runtime names a cgroup so: `docker-<id>.scope` by its prefix, `/docker/<id>` by its
  /// parents. The scopes of the runtimes' own monitors (`libpod-conmon-<id>.scope`) are none.
  private static func runtime(prefix: Substring, parents: ArraySlice<String>) -> String? {
    switch prefix {
    case "docker-": return "docker"
    case "cri-containerd-", "crio-": return "cri"
    case "libpod-", "libpod-payload-": return "libpod"
    case "nerdctl-": return "containerd"
    case "":
      if parents.contains(where: { $0.hasPrefix("kubepods") }) { return "cri" }
      if parents.last == "docker" { return "docker" }
      // `/<namespace>/<id>`: only containerd's own default namespace, because docker run
      // --cgroup-parent=/anything makes paths of the same form.
      return parents.elementsEqual(["default"]) ? "containerd" : nil
    default:
      // containerd with a cgroup driver that is not the kubelet's: `kubepods-….slice:cri-containerd:<id>`.
      if prefix.hasSuffix(":cri-containerd:") { return "cri" }
      // The same of nerdctl: `system.slice:nerdctl:<id>`.
      return prefix.hasSuffix(":nerdctl:") ? "containerd" : nil
    }
  }
}

extension String {
  /// Whether it is the name of a unit that has processes (systemd.unit(5)).
  var hasUnitSuffix: Bool {
    // A name that is nothing but the suffix is a directory somebody else made.
    for suffix in [".service", ".scope"] where hasSuffix(suffix) { return count > suffix.count }
    return false
  }
}
