/// What a container goes by among those who run it. Parts that are not known are empty.
package struct ContainerName: Sendable, Hashable {
  /// As the label `unit` begins: `docker`, `cri`, `libpod`, `containerd`, `nspawn`, `lxc`; `pod` for all of a pod.
  package var runtime: String
  /// The container's own name; in a pod, the one that it has there.
  package var container: String
  /// The pod that it is in.
  package var pod: String
  /// Of Kubernetes; with Compose, the project.
  package var namespace: String
  /// With Compose, the service.
  package var service: String
  package var image: String

  package init(
    runtime: String, container: String = "", pod: String = "", namespace: String = "",
    service: String = "", image: String = ""
  ) {
    self.runtime = runtime
    self.container = container
    self.pod = pod
    self.namespace = namespace
    self.service = service
    self.image = image
  }

  /// `shop/cart-7d9f6/web` of Kubernetes, else the container's name.
  package var text: String {
    pod.isEmpty
      ? container : [namespace, pod, container].filter { !$0.isEmpty }.joined(separator: "/")
  }

  /// Takes from another source what is not known yet.
  package mutating func complete(with other: ContainerName) {
    let parts: [WritableKeyPath<ContainerName, String>] = [
      \.container, \.pod, \.namespace, \.service, \.image,
    ]
    for part in parts where self[keyPath: part].isEmpty {
      self[keyPath: part] = other[keyPath: part]
    }
  }
}

/// The names of the containers and pods that the groups of a report have in their labels.
package struct ContainerNames: Sendable, Equatable {
  /// By the text of the label `unit` or `netns`.
  private var names: [String: ContainerName]

  package init(_ names: [String: ContainerName] = [:]) { self.names = names }

  /// The name behind the value of a label; nil if it is none of a container, or not known.
  package subscript(label: String) -> ContainerName? { names[label] }

  /// All, by the label.
  package var sorted: [(label: String, name: ContainerName)] {
    names.sorted { $0.key < $1.key }.map { (label: $0.key, name: $0.value) }
  }

  /// Where the process of a group is, for people: its container or unit, and the network namespace if that says
  /// more.
  /// - Parameter showsIdentifiers: whether the labels' own text follows a name, as in `cart (docker-0123456789ab)`.
  package func place(of labels: GroupLabels, showsIdentifiers: Bool = false) -> String {
    let text = { (label: String) in
      guard let name = names[label]?.text, !name.isEmpty else { return label }
      return showsIdentifiers ? "\(name) (\(label))" : name
    }
    let unit = text(labels.unit)
    if labels.netns.isEmpty || labels.netns == labels.unit || isPod(labels.netns, of: labels.unit) {
      return unit
    }
    return (unit.isEmpty ? "" : unit + " ") + "@" + text(labels.netns)
  }

  /// Whether a network namespace is the container's own pod.
  private func isPod(_ netns: String, of unit: String) -> Bool {
    guard let pod = names[netns], let container = names[unit], !pod.pod.isEmpty else {
      return false
    }
    return (pod.namespace, pod.pod) == (container.namespace, container.pod)
  }
}
