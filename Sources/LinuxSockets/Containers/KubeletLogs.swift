package import SocketStates

/// What the kubelet calls the logs of its containers (kubernetes pkg/kubelet/kuberuntime/legacy.go, helpers.go).
package enum KubeletLogs {
  /// `<pod>_<namespace>_<container>-<identifier>.log` of /var/log/containers.
  /// - Returns: the identifier with the name; nil if it is called otherwise, or was cut off at 255 bytes.
  package static func container(fileName: String) -> (identifier: String, name: ContainerName)? {
    guard fileName.hasSuffix(".log") else { return nil }
    let stem = fileName.dropLast(".log".count)
    let identifier = stem.suffix(64)
    guard identifier.count == 64, identifier.allSatisfy(\.isHexadecimal) else { return nil }
    let rest = stem.dropLast(64)
    guard rest.hasSuffix("-") else { return nil }
    let parts = rest.dropLast().split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    return (
      String(identifier),
      ContainerName(
        runtime: "cri", container: parts[2].nameText, pod: parts[0].nameText,
        namespace: parts[1].nameText)
    )
  }

  /// `<namespace>_<pod>_<uid>` of /var/log/pods.
  package static func pod(directory: String) -> (uid: String, name: ContainerName)? {
    let parts = directory.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
    return (
      String(parts[2]),
      ContainerName(runtime: "pod", pod: parts[1].nameText, namespace: parts[0].nameText)
    )
  }

  /// `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, as CRI-O and cri-dockerd call theirs.
  package static func container(runtimeName: String) -> ContainerName? {
    let parts = runtimeName.split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "k8s", parts[1...3].allSatisfy({ !$0.isEmpty }) else {
      return nil
    }
    return ContainerName(
      runtime: "cri", container: parts[1].nameText, pod: parts[2].nameText,
      namespace: parts[3].nameText)
  }
}

extension StringProtocol {
  /// A name from a file, of any content: visible, and not longer than a label should be.
  var nameText: String { CgroupUnit.bounded(String(self).visibleName) }
}
