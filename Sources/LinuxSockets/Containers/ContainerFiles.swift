internal import FoundationEssentials
package import SocketStates

/// `containers/<id>/config.v2.json` of Docker (moby container/container.go, `Container`).
package struct DockerContainerFile: Decodable {
  private struct Config: Decodable {
    var Image: String?
    var Labels: [String: String]?
  }

  private var Name: String?
  private var Config: Config?

  /// nil if the bytes are no such file.
  package static func name(_ bytes: [UInt8]) -> ContainerName? {
    guard let file = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
      let written = file.Name
    else { return nil }
    let plain = written.hasPrefix("/") ? String(written.dropFirst()) : written
    let labels = file.Config?.Labels ?? [:]
    var name =
      KubeletLogs.container(runtimeName: plain)
      ?? ContainerName(
        runtime: "docker", container: plain.nameText,
        namespace: labels["com.docker.compose.project", default: ""].nameText,
        service: labels["com.docker.compose.service", default: ""].nameText)
    name.image = (file.Config?.Image ?? "").nameText
    return name
  }
}

/// An entry of `containers.json` of containers/storage, which Podman, Buildah and CRI-O use (containers.go, `Container`).
package struct StoredContainer: Decodable {
  /// What Podman and CRI-O keep there as a text (podman libpod/storage.go, cri-o internal/storage/runtime.go).
  private struct Metadata: Decodable {
    enum CodingKeys: String, CodingKey { case image = "image-name" }
    var image: String?
  }

  private var id: String
  private var names: [String]?
  private var metadata: String?

  /// The containers with their whole identifiers; none if the bytes are no such file.
  package static func all(_ bytes: [UInt8]) -> [(identifier: String, name: ContainerName)] {
    let containers = try? JSONDecoder().decode([Self].self, from: Data(bytes))
    return (containers ?? []).map { ($0.id, $0.name) }
  }

  private var name: ContainerName {
    // The infrastructure container of a pod has a name for the pod too.
    let written = names?.last ?? ""
    var name =
      KubeletLogs.container(runtimeName: written)
      ?? ContainerName(runtime: "libpod", container: written.nameText)
    let metadata = try? JSONDecoder().decode(
      Metadata.self, from: Data((self.metadata ?? "").utf8))
    name.image = (metadata?.image ?? "").nameText
    return name
  }
}

/// `config.json` of a container's bundle (OCI runtime specification, `annotations`), as containerd and nerdctl
/// write it.
package struct ContainerBundle: Decodable {
  private var annotations: [String: String]?

  /// nil if it has none of the annotations that name a container.
  package static func name(_ bytes: [UInt8]) -> ContainerName? {
    guard let bundle = try? JSONDecoder().decode(Self.self, from: Data(bytes)),
      let annotations = bundle.annotations
    else { return nil }
    let text = { (keys: String...) in
      (keys.lazy.compactMap { annotations[$0] }.first ?? "").nameText
    }
    let name = ContainerName(
      runtime: "containerd", container: text("io.kubernetes.cri.container-name", "nerdctl/name"),
      pod: text("io.kubernetes.cri.sandbox-name"),
      namespace: text("io.kubernetes.cri.sandbox-namespace", "com.docker.compose.project"),
      service: text("com.docker.compose.service"), image: text("io.kubernetes.cri.image-name"))
    return name.text.isEmpty ? nil : name
  }
}

/// `/etc/docker/daemon.json` (dockerd(8)).
package struct DockerDaemonFile: Decodable {
  private enum CodingKeys: String, CodingKey { case dataRoot = "data-root" }
  private var dataRoot: String?

  /// Where Docker keeps its data, an absolute path; nil if the file does not say.
  package static func dataRoot(_ bytes: [UInt8]) -> String? {
    let root = (try? JSONDecoder().decode(Self.self, from: Data(bytes)))?.dataRoot
    return root.flatMap { $0.hasPrefix("/") ? $0 : nil }
  }
}
