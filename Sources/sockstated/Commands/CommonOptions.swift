import ArgumentParser
import Configuration
import Exposition

/// The flags of every command that polls sockets.
struct CommonOptions: ParsableArguments {
  @Option(
    name: .customLong("config.file"), help: "Configuration file (YAML); flags beat it.",
    completion: .file(extensions: ["yaml", "yml"]))
  var configFile: String?

  @Option(
    name: .customLong("source"), help: "auto, sock_diag or procfs.",
    completion: .list(["auto", "sock_diag", "procfs"]))
  var source: String?

  @Option(
    name: .customLong("namespaces"),
    help: "Network namespaces to watch: self or all. Default self.",
    completion: .list(["self", "all"]))
  var namespaces: String?

  @Option(
    name: .customLong("procfs"), help: "Where procfs is mounted.", completion: .directory)
  var procfs: String?

  @Option(
    name: .customLong("kernel-counters.directory"),
    help: "Where sockstated-bpf has pinned the kernel's counters. Default /sys/fs/bpf/sockstated.",
    completion: .directory)
  var kernelCounters: String?

  @Option(
    name: .customLong("containers.root"),
    help: "Under which directory the host's files are that name its containers. Default /.",
    completion: .directory)
  var containerRoot: String?

  /// The flags, and what was given for each.
  var given: [(name: String, value: String?)] {
    [
      ("--config.file", configFile), ("--source", source), ("--namespaces", namespaces),
      ("--procfs", procfs), ("--kernel-counters.directory", kernelCounters),
      ("--containers.root", containerRoot),
    ]
  }

  /// The file's settings, or the defaults, with these flags over them.
  func settings() throws(ConfigurationError) -> Settings {
    var settings = Settings()
    if let configFile {
      settings = try .load(path: configFile, knownMetrics: MetricFamily.knownNames)
    }
    if let source { try settings.set("source", to: source, flag: "--source") }
    if let namespaces {
      try settings.set("namespaces.watch", to: namespaces, flag: "--namespaces")
    }
    if let procfs { try settings.set("procfs", to: procfs, flag: "--procfs") }
    if let kernelCounters {
      try settings.set(
        "kernel_counters.directory", to: kernelCounters, flag: "--kernel-counters.directory")
    }
    if let containerRoot {
      try settings.set("containers.root", to: containerRoot, flag: "--containers.root")
    }
    return settings
  }
}
