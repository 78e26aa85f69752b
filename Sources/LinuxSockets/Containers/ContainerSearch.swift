internal import SocketStates

/// One search for the names of containers, in the files of their runtimes. No runtime is asked.
struct ContainerSearch {
  private(set) var files: HostFiles
  /// Those whose names are wanted.
  private let labels: [ContainerLabel]
  private(set) var found: [ContainerLabel: ContainerName] = [:]
  private var homes: [UInt32: String?] = [:]

  /// Directories of one container that are read in one search.
  private static let mostBundles = 256
  private static let containerdTasks = "/containerd/io.containerd.runtime.v2.task"

  init(_ labels: [ContainerLabel], _ files: HostFiles) {
    self.labels = labels
    self.files = files
  }

  /// Looks everywhere where one of the wanted may be.
  mutating func run() {
    for label in labels where label.runtime == .nspawn || label.runtime == .lxc {
      note(
        ContainerName(runtime: label.runtime.rawValue, container: label.identifier.nameText),
        for: label)
    }
    let pods = wanted { $0.runtime == .pod && $0.user == nil }
    if !pods.isEmpty {
      for name in files.names(in: "/var/log/pods") {
        if let (uid, name) = KubeletLogs.pod(directory: name) { note(name, for: pods[uid]) }
      }
    }
    let kubelets = wanted { ($0.runtime == .cri || $0.runtime == .docker) && $0.user == nil }
    if !kubelets.isEmpty {
      for name in files.names(in: "/var/log/containers") {
        if let (identifier, name) = KubeletLogs.container(fileName: name) {
          note(name, for: kubelets[String(identifier.prefix(12))])
        }
      }
    }
    for user in Set(labels.map(\.user)) {
      searchDocker(user)
      searchStorage(user)
    }
    searchContainerd()
  }

  private mutating func searchDocker(_ user: UInt32?) {
    let wanted = wanted { $0.runtime == .docker && $0.user == user }
    guard !wanted.isEmpty else { return }
    var roots = ["/var/lib/docker", "/var/snap/docker/common/var-lib-docker"]
    if let user {
      roots = home(of: user).map { ["\($0)/.local/share/docker"] } ?? []
    } else if let bytes = files.content("/etc/docker/daemon.json", of: nil),
      let root = DockerDaemonFile.dataRoot(bytes)
    {
      roots = [root]
    }
    for root in roots {
      readEach(of: wanted, in: root + "/containers", "config.v2.json", user) {
        DockerContainerFile.name($0)
      }
    }
  }

  private mutating func searchStorage(_ user: UInt32?) {
    let wanted = wanted { ($0.runtime == .libpod || $0.runtime == .cri) && $0.user == user }
    guard !wanted.isEmpty else { return }
    var roots = ["/var/lib/containers/storage", "/run/containers/storage"]
    if let user {
      roots = home(of: user).map { ["\($0)/.local/share/containers/storage"] } ?? []
      roots.append("/run/user/\(user)/containers")
    }
    for root in roots {
      // `overlay-containers`, `vfs-containers`, `btrfs-containers`: by the driver.
      for directory in files.names(in: root) where directory.hasSuffix("-containers") {
        for index in ["containers.json", "volatile-containers.json"] {
          guard let bytes = files.content("\(root)/\(directory)/\(index)", of: user) else {
            continue
          }
          for (identifier, name) in StoredContainer.all(bytes) {
            note(name, for: wanted[String(identifier.prefix(12))])
          }
        }
      }
    }
  }

  private mutating func searchContainerd() {
    for (runtime, namespace) in [(ContainerLabel.Runtime.cri, "k8s.io"), (.containerd, "default")] {
      let wanted = wanted { $0.runtime == runtime && $0.user == nil }
      guard !wanted.isEmpty else { continue }
      for state in ["/run", "/run/k3s"] {
        readEach(
          of: wanted, in: "\(state)\(Self.containerdTasks)/\(namespace)", "config.json", nil
        ) { ContainerBundle.name($0) }
      }
    }
  }

  /// Reads a file in the directory of each wanted container.
  private mutating func readEach(
    of wanted: [String: ContainerLabel], in path: String, _ file: String, _ user: UInt32?,
    _ parse: ([UInt8]) -> ContainerName?
  ) {
    var left = Self.mostBundles
    for directory in files.names(in: path) {
      guard left > 0, let label = wanted[String(directory.prefix(12))] else { continue }
      left -= 1
      if let bytes = files.content("\(path)/\(directory)/\(file)", of: user) {
        note(parse(bytes), for: label)
      }
    }
  }

  /// Those of some runtimes, by their identifiers.
  private func wanted(_ choose: (ContainerLabel) -> Bool) -> [String: ContainerLabel] {
    Dictionary(labels.filter(choose).map { ($0.identifier, $0) }) { first, _ in first }
  }

  private mutating func note(_ name: ContainerName?, for label: ContainerLabel?) {
    guard var name, let label, !name.text.isEmpty else { return }
    name.runtime = label.runtime.rawValue
    found[label, default: name].complete(with: name)
  }

  private mutating func home(of user: UInt32) -> String? {
    if let known = homes[user] { return known }
    let home = files.home(of: user)
    homes[user] = .some(home)
    return home
  }
}
