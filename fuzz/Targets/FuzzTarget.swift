/// What is fuzzed. Each takes bytes such as a stranger may send, and throws where what comes of them is
/// wrong; a trap is a finding too.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// Answers to a sock_diag dump and announcements of freed sockets, through the tracker to the text.
  case netlink
  /// /proc/net/tcp and tcp6, through the tracker.
  case procNetTCP = "proc-net-tcp"
  /// The other files of /proc/net and /proc/sys, /proc/stat, /proc/PID/limits.
  case procHost = "proc-host"
  /// /proc/PID/cgroup and paths of cgroups.
  case cgroup
  /// /proc/PID/stat, and the name that exe, comm and cmdline give.
  case process
  /// What tells network namespaces and mounts apart: /proc/PID/ns/net, answers with a namespace's id,
  /// /proc/self/mountinfo; and /proc/net/protocols.
  case namespaces
  /// The files that sockstated-bpf pins.
  case kernelCounters = "kernel-counters"
  /// Names of files and files of container runtimes, which name containers.
  case containers
  /// The configuration file.
  case configuration
  /// The web configuration file.
  case webConfiguration = "web-configuration"
  /// A rule's regular expression and what it is matched with.
  case regularExpression = "regular-expression"
  /// Durations and listen addresses of the command line.
  case flags
  /// Endpoints, and the filters of sockets.
  case question
  /// `$LISTEN_PID` and `$LISTEN_FDS`.
  case activation
  /// Request targets, and the headers that are read.
  case headers
  /// The whole server: bytes on a connection.
  case http
  /// What daemons of other hosts answer.
  case peers
  /// /proc/net/nf_conntrack.
  case conntrack

  /// Lets the target have the bytes.
  package func run(_ bytes: [UInt8]) throws {
    switch self {
    case .netlink: try KernelTargets.netlink(bytes)
    case .procNetTCP: try KernelTargets.procNetTCP(bytes)
    case .procHost: try KernelTargets.procHost(bytes)
    case .cgroup: try KernelTargets.cgroup(bytes)
    case .process: try KernelTargets.process(bytes)
    case .namespaces: try NamespaceTargets.namespaces(bytes)
    case .kernelCounters: try KernelTargets.kernelCounters(bytes)
    case .containers: try KernelTargets.containers(bytes)
    case .configuration: try UserTargets.configuration(bytes)
    case .webConfiguration: try UserTargets.webConfiguration(bytes)
    case .regularExpression: try UserTargets.regularExpression(bytes)
    case .flags: try UserTargets.flags(bytes)
    case .question: try UserTargets.question(bytes)
    case .activation: try UserTargets.activation(bytes)
    case .headers: try ClientTargets.headers(bytes)
    case .http: try ClientTargets.http(bytes)
    case .peers: try PeerTargets.peers(bytes)
    case .conntrack: try KernelTargets.conntrack(bytes)
    }
  }
}

/// Something that must never be.
package struct Finding: Error, CustomStringConvertible {
  package let description: String

  /// Throws unless it is as it must be.
  static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws(Finding) {
    if !holds { throw Finding(description: what()) }
  }
}

/// The lines of an input that has several parts; the last is all that is left.
func parts(_ bytes: [UInt8], _ count: Int) -> [[UInt8]] {
  bytes.split(
    separator: UInt8(ascii: "\n"), maxSplits: count - 1, omittingEmptySubsequences: false
  ).map { Array($0) } + Array(repeating: [], count: count)
}
