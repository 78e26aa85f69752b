import Foundation

/// A bpf file system of a namespace's own, into which sockstated-bpf loads: what is pinned there goes with the
/// namespace, however the test ends.
struct KernelCounters: Sendable {
  /// What the build put beside the tests.
  static let binary =
    Bundle.module.bundleURL.deletingLastPathComponent().appendingPathComponent("sockstated-bpf")
    .path

  /// Whether programs can be loaded here; only root of the initial user namespace may.
  static let arePossible =
    Tool.has(binary)
    && Tool.succeeds([
      "unshare", "--mount", "--propagation", "private", "sh", "-ec",
      "mount -t bpf bpf /sys/fs/bpf; \"$0\" load; \"$0\" unload", binary,
    ])

  let namespace: Namespace
  let directory = "/sys/fs/bpf/sockstated"

  /// Mounts the file system; nothing is loaded.
  init(in namespace: Namespace) async throws {
    self.namespace = namespace
    // Over the host's, if that has one.
    try await namespace.run("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
  }

  func load() async throws { try await namespace.run(Self.binary, "load") }

  func unload() async throws { try await namespace.run(Self.binary, "unload") }

  func status() async throws -> Child { try await namespace.result([Self.binary, "status"]) }

  /// The ids of the programs that are attached.
  func programs() async throws -> [String] {
    try await status().output.split(separator: "\n").compactMap { line in
      guard let id = line.split(separator: " program ").dropFirst().first else { return nil }
      return String(id.prefix { $0.isNumber })
    }
  }
}

extension Metrics {
  /// Whether failed connection attempts come from the kernel's counters.
  var areFromKernelCounters: Bool {
    sum("event_source_info", ["source": "kernel_counters"]) == 1
  }

  /// `sockstate_`*name* by these labels, without those at zero.
  func table(_ name: String, by labels: String...) -> [String: Int] {
    Dictionary(
      samples(name).filter { $0.value > 0 }.map { sample in
        (labels.map { sample.label($0) }.joined(separator: " "), Int(sample.value))
      }, uniquingKeysWith: +)
  }
}
