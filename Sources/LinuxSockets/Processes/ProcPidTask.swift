internal import CGlibc
internal import Glibc

/// /proc/PID/task (proc_pid_task(5)): the threads of a process.
enum ProcPidTask {
  /// Tables of descriptors that are told apart in one process.
  private static let tableLimit = 64

  /// A thread beside the first; nil if there is none.
  static func otherThread(of pid: Int32, _ procfs: ProcFS) -> Int32? {
    guard let directory = try? DirectoryStream(procfs.path("\(pid)/task")) else { return nil }
    while let thread = directory.nextNumber(onlyDirectories: true) {
      if thread != pid { return thread }
    }
    return nil
  }

  /// One thread for each table of descriptors that the first thread does not have: after
  /// unshare(CLONE_FILES), and after the end of the first thread, whose /proc/PID/fd is empty then.
  ///
  /// Threads that may not be compared (kcmp(2) asks for CAP_SYS_PTRACE) are taken for such.
  static func threadsWithOwnDescriptors(of pid: Int32, _ procfs: ProcFS) -> [Int32] {
    let path = procfs.path("\(pid)/task")
    var status = stat()
    // Two links, and one for each thread (proc_task_getattr(), fs/proc/base.c).
    guard unsafe stat(path, &status) == 0, status.st_nlink > 3,
      let directory = try? DirectoryStream(path)
    else { return [] }
    var found = [pid]
    while found.count <= tableLimit, let thread = directory.nextNumber(onlyDirectories: true) {
      if thread != pid, !found.contains(where: { shares_descriptors($0, thread) == 0 }) {
        found.append(thread)
      }
    }
    return Array(found.dropFirst())
  }
}
