/// Containers that go by a name rather than an identifier, and Kubernetes pods.
extension CgroupUnit {
  /// Longest name, bytes: cgroup directories may have 255, which is much for a label.
  private static let longest = 120

  /// The name, cut at a character where it is too long.
  static func bounded(_ name: String, _ longest: Int = longest) -> String {
    guard name.utf8.count > longest else { return name }
    var end = name.startIndex
    for index in name.indices.dropFirst() {
      guard name.utf8.distance(from: name.startIndex, to: index) <= longest else { break }
      end = index
    }
    return String(name[..<end])
  }

  /// A container of systemd-nspawn: `systemd-nspawn@NAME.service/payload` where its unit template
  /// started it, `machine-NAME.scope` where a command line did (systemd-nspawn(1), `--keep-unit`).
  ///
  /// nspawn itself is in `supervisor` beside the payload, or in the service, and in the host's
  /// network namespace. libvirt's virtual machines have scopes too: `machine-qemu\x2d1\x2dNAME`.
  static func nspawnContainer(_ components: [String], at index: Int) -> String? {
    let component = components[index][...]
    let below = components[(index + 1)...].first
    guard below != "supervisor" else { return nil }
    let escaped: Substring
    if component.hasPrefix("systemd-nspawn@"), component.hasSuffix(".service"), below != nil {
      escaped = component.dropFirst("systemd-nspawn@".count).dropLast(".service".count)
    } else if component.hasPrefix("machine-"), component.hasSuffix(".scope"), below != "libvirt" {
      escaped = component.dropFirst("machine-".count).dropLast(".scope".count)
    } else {
      return nil
    }
    guard let name = unescaped(escaped), isName(name), !isOfLibvirt(name) else { return nil }
    return bounded("nspawn-" + name)
  }

  /// A container of LXC, LXD or Incus: `lxc.payload.NAME` since LXC 4, `lxc.payload/NAME` and
  /// `lxc/NAME` before and with Proxmox (lxc.container.conf(5), `lxc.cgroup.dir`). The monitor,
  /// `lxc.monitor.NAME`, is in the host's network namespace.
  static func lxcContainer(_ components: [String], at index: Int) -> String? {
    let component = components[index]
    let name: String
    if component.hasPrefix("lxc.payload.") {
      name = String(component.dropFirst("lxc.payload.".count))
    } else if index > 0, ["lxc", "lxc.payload"].contains(components[index - 1]) {
      name = component
    } else {
      return nil
    }
    return isName(name) ? bounded("lxc-" + name) : nil
  }

  /// The uid of the Kubernetes pod whose cgroup this component is: `kubepods-burstable-podUID.slice`
  /// with the systemd driver, which writes underscores for the dashes that separate slices, and
  /// `kubepods/burstable/podUID` with cgroupfs (kubernetes `pkg/kubelet/cm`).
  static func podUID(_ components: [String], at index: Int) -> String? {
    let component = components[index]
    let uid: Substring
    if component.hasPrefix("pod"), components[..<index].contains(where: { $0.isKubepods }) {
      uid = component.dropFirst("pod".count)
    } else if component.isKubepods, let slice = component.firstRange(of: ".slice"),
      let pod = component.firstRange(of: "-pod"), pod.upperBound < slice.lowerBound
    {
      // What may follow the slice: `.slice:cri-containerd:<id>`.
      uid = component[pod.upperBound..<slice.lowerBound]
    } else {
      return nil
    }
    let plain = String(uid.map { $0 == "_" ? "-" : $0 })
    // CRI-O's monitors are in the pod's cgroup, but not in its network namespace.
    let isMonitor = components[(index + 1)...].first?.hasPrefix("crio-conmon-") ?? false
    guard !isMonitor, plain.utf8.count <= 64, isName(plain) else { return nil }
    return plain
  }

  /// What libvirt calls its machines: driver, number, name.
  private static func isOfLibvirt(_ name: String) -> Bool {
    let parts = name.split(separator: "-", maxSplits: 2)
    return parts.count == 3 && ["qemu", "lxc", "xen", "ch"].contains(parts[0])
      && parts[1].allSatisfy { ("0"..."9").contains($0) }
  }

  /// Whether it is what host names and the tools' own names are made of. What else anybody may call
  /// a directory is no container's name.
  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, first != UInt8(ascii: ".") else { return false }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// Undoes systemd-escape(1): `\x2d` is a dash. nil if it was not escaped so.
  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard rest.popFirst() == UInt8(ascii: "x"), rest.count >= 2,
        let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      rest = rest.dropFirst(2)
      bytes.append(code)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  fileprivate var isKubepods: Bool {
    hasPrefix("kubepods") || hasPrefix("kubelet-kubepods")
  }
}
