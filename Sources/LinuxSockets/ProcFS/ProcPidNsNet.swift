internal import Glibc

/// /proc/PID/ns/net (namespaces(7)): the network namespace of a process.
extension ProcFS {
  /// Why the sockets of a process cannot be among those of this process's network namespace, in one line
  /// without a full stop; nil if they can, or if that may not be seen.
  package func whereaboutsElsewhere(of pid: Int32) -> String? {
    var link = SymbolicLink(longest: 64)
    func target(_ entry: String) throws(SystemError) -> String {
      try link.read(path(entry)) { String(lossy: $0, in: $0.indices) }
    }
    do throws(SystemError) {
      let theirs = try target("\(pid)/ns/net")
      guard let ours = try? target("self/ns/net"), ours != theirs else { return nil }
      return
        "the process is in another network namespace, \(theirs), which this one, \(ours), does not show: watch it with --namespaces=all"
    } catch {
      return error.errno == ENOENT ? "there is no process or thread with that id" : nil
    }
  }

  /// Whether there is a process of that id that can be seen.
  package func hasProcess(_ pid: Int32) -> Bool { unsafe access(path("\(pid)"), F_OK) == 0 }
}
