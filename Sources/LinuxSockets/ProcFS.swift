internal import Glibc

/// A proc filesystem (proc(5)), usually /proc.
package struct ProcFS: Sendable {
  /// Where it is mounted.
  package let root: String

  package init(root: String) { self.root = root }

  /// The path of an entry: `path("self/stat")`.
  package func path(_ entry: String) -> String { root + "/" + entry }

  /// Opens `net/<name>`, or `self/net/<name>` where the mount option `subset=pid` (systemd's
  /// `ProcSubset=pid`) hides the former; nil where the kernel has no such file.
  package func openNet(_ name: String) throws(SystemError) -> Descriptor? {
    if let file = try openIfThere("net/" + name) { return file }
    return try openIfThere("self/net/" + name)
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
