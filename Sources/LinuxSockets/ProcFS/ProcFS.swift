internal import Glibc

/// A proc filesystem (proc(5)), usually /proc.
package struct ProcFS: Sendable {
  /// Where it is mounted.
  package let root: String

  package init(root: String) { self.root = root }

  /// The path of an entry: `path("self/stat")`.
  package func path(_ entry: String) -> String { root + "/" + entry }

  /// Opens `thread-self/net/<name>`: of the network namespace that the calling thread is in, and
  /// there too where the mount option `subset=pid` (systemd's `ProcSubset=pid`) hides `net`. nil
  /// where the kernel has no such file.
  package func openNet(_ name: String) throws(SystemError) -> Descriptor? {
    if let file = try openIfThere("thread-self/net/" + name) { return file }
    // A tree that is no procfs has no link to the thread.
    return try openIfThere("net/" + name)
  }

  private func openIfThere(_ entry: String) throws(SystemError) -> Descriptor? {
    do {
      return try Descriptor.open(path(entry))
    } catch {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw error
    }
  }
}
