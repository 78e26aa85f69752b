package import SocketStates

/// What is known of a process, as it said itself and as the kernel says.
///
/// Everything but ``identity`` and ``parent`` can be chosen by the process's owner.
package struct ProcessFacts: Sendable, Equatable {
  package var identity: ProcessIdentity
  package var parent: Int32
  /// The target of /proc/PID/exe; empty if it may not be read, and of kernel threads.
  package var executable: String
  /// /proc/PID/comm without its newline.
  package var command: String
  /// The arguments of /proc/PID/cmdline, the program's own name first; empty if they could not be read.
  package var arguments: [String]
  /// Whether nothing was learnt of its arguments, since it or others did not answer in time.
  package var isSilent = false
  /// Whether it has ended and its parent has not waited for it: it keeps its identity and ``command``, and no more.
  package var hasEnded = false
  /// Whether the file that its interpreter was told to run exists; nil if that could not be seen.
  package var programExists: Bool?
  /// The working directory; nil if it could not be read.
  package var directory: String?
  /// The systemd unit or container (``CgroupUnit``); empty if there is none.
  package var unit: String

  package init(
    identity: ProcessIdentity, parent: Int32 = 0, executable: String = "", command: String = "",
    arguments: [String] = [], programExists: Bool? = nil,
    directory: String? = nil, unit: String = ""
  ) {
    self.identity = identity
    self.parent = parent
    self.executable = executable
    self.command = command
    self.arguments = arguments
    self.programExists = programExists
    self.directory = directory
    self.unit = unit
  }

  /// How much of /proc/PID/cmdline is read, bytes: a class path of many kilobytes may come before
  /// what is run.
  package static let longestCommandLine = 1 << 15

  /// The content of /proc/PID/cmdline split at its zero bytes; what is left of an argument that
  /// was cut off in reading is dropped.
  ///
  /// - Parameter longest: the capacity that the content was read with.
  package static func arguments(
    cmdline bytes: Span<UInt8>, longest: Int = longestCommandLine
  ) -> [String] {
    var arguments: [String] = []
    var start = 0
    for index in bytes.indices where bytes[index] == 0 {
      arguments.append(String(lossy: bytes, in: start..<index))
      start = index + 1
    }
    // A process title written over the arguments may lack the last zero byte.
    if start < bytes.count, bytes.count < longest || arguments.isEmpty {
      arguments.append(String(lossy: bytes, in: start..<bytes.count))
    }
    // A title is followed by the zero bytes of what it was written over.
    while arguments.last?.isEmpty == true { arguments.removeLast() }
    return arguments
  }
}
