internal import CGlibc
internal import Glibc

/// Lets the calling thread into other network namespaces for a moment (setns(2)).
///
/// Needs CAP_SYS_ADMIN, and CAP_SYS_PTRACE for the namespaces of other users' processes.
final class NamespaceSwitcher {
  /// The daemon's own network namespace.
  let home: Descriptor
  /// Its inode.
  let homeInode: UInt64

  init(procfs: ProcFS) throws(SystemError) {
    home = try Descriptor.open(procfs.path("thread-self/ns/net"))
    homeInode = try home.inode(name: "the network namespace")
  }

  /// Runs `body` in a network namespace; the thread is back in its own when this returns.
  ///
  /// What `body` opens there keeps the namespace alive until it is closed.
  /// - Parameters:
  ///   - paths: files that may be the namespace's, tried in turn: `/proc/PID/ns/net` of members that
  ///     may have ended, `/run/netns/NAME`.
  ///   - inode: the namespace's: a file of another namespace is not entered.
  func enter<Result>(
    _ paths: [String], inode: UInt64, body: (borrowing Descriptor) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    var failure = SystemError(operation: "enter a network namespace", errno: ENOENT)
    for path in paths {
      let namespace: Descriptor
      do throws(SystemError) {
        namespace = try Descriptor.open(path)
      } catch {
        failure = error
        continue
      }
      guard (try? namespace.inode(name: path)) == inode else { continue }
      guard setns(namespace.number, Self.cloneNewNet) == 0 else {
        failure = .last("enter \(path)")
        continue
      }
      defer { returnHome() }
      return try body(namespace)
    }
    throw failure
  }

  private func returnHome() {
    guard setns(home.number, Self.cloneNewNet) != 0 else { return }
    // In a strange namespace all further counts would be another's.
    fatalError("cannot return to the daemon's own network namespace: \(errnoText(errno))")
  }

  /// `CLONE_NEWNET` of `include/uapi/linux/sched.h`.
  private static let cloneNewNet: Int32 = 0x4000_0000
}

extension Descriptor {
  /// The inode of the open file (fstat(2)).
  func inode(name: @autoclosure () -> String) throws(SystemError) -> UInt64 {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw .last("stat \(name())") }
    return UInt64(status.st_ino)
  }
}
