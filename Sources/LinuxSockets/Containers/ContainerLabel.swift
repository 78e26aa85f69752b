/// The value of a label `unit` or `netns` that is about a container or a pod, as ``CgroupUnit`` writes it:
/// `docker-0123456789ab`, `user@1000/libpod-0123456789ab`, `nspawn-web`, `pod-<uid>`.
package struct ContainerLabel: Hashable {
  enum Runtime: String, CaseIterable {
    case docker, cri, libpod, containerd
    /// Named, not numbered.
    case nspawn, lxc
    /// All containers of a Kubernetes pod.
    case pod
  }

  let text: String
  let runtime: Runtime
  /// The user who runs it; nil: the host.
  let user: UInt32?
  /// 12 hexadecimal digits, the pod's uid, or the container's name.
  let identifier: String

  /// nil if it is none of a container.
  package init?(_ text: String) {
    var rest = text[...]
    var user: UInt32?
    if text.hasPrefix("user@"), let slash = text.firstIndex(of: "/") {
      guard let number = UInt32(text[..<slash].dropFirst("user@".count)) else { return nil }
      user = number
      rest = text[slash...].dropFirst()
    }
    guard let dash = rest.firstIndex(of: "-"),
      let runtime = Runtime(rawValue: String(rest[..<dash]))
    else { return nil }
    let identifier = String(rest[dash...].dropFirst())
    switch runtime {
    case .docker, .cri, .libpod, .containerd:
      guard identifier.count == 12, identifier.allSatisfy(\.isHexadecimal) else { return nil }
    case .nspawn, .lxc, .pod:
      guard !identifier.isEmpty else { return nil }
    }
    self.text = text
    self.runtime = runtime
    self.user = user
    self.identifier = identifier
  }
}
