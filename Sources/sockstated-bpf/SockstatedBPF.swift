import ArgumentParser

/// `sockstated-bpf load`, `unload`, `status`: brings programs into the kernel that count connections, failed attempts
/// and resets, and ends. What it has pinned goes on without it, and sockstated reads it.
@main struct SockstatedBPF: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sockstated-bpf",
    abstract: "Has the kernel count connections, failed attempts and resets for sockstated.",
    version: "sockstated-bpf \(BuildVersion.version)",
    subcommands: [LoadCommand.self, UnloadCommand.self, StatusCommand.self])
}

/// The flags of every command.
struct LoaderOptions: ParsableArguments {
  @Option(help: "Directory on a bpf file system in which everything is pinned.")
  var directory = "/sys/fs/bpf/sockstated"

  @Flag(help: "Show libbpf's messages, with what the kernel's verifier says.")
  var verbose = false

  /// The directory, after libbpf was told how much to say.
  func pins() -> PinDirectory {
    if !verbose { silenceLibBPF() }
    return PinDirectory(path: directory)
  }
}

/// Why the program ends: what happened, to what, and what to do.
struct LoaderError: Error, CustomStringConvertible {
  let description: String
}
