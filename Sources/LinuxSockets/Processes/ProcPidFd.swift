internal import CGlibc
internal import Glibc

/// /proc/PID/fd (proc_pid_fd(5)): a link for each open descriptor.
package enum ProcPidFd {
  /// How many descriptors a process has open, which is the size of the directory since Linux 6.2 (`fs/proc/fd.c`,
  /// proc_fd_getattr); before, it is 0. nil if the process is no more.
  static func count(of pid: Int32, _ procfs: ProcFS) -> Int? { size(of: procfs.path("\(pid)/fd")) }

  /// How many descriptors a directory of that kind lists; nil if none.
  static func count(in path: String) -> Int? {
    guard let size = size(of: path) else { return nil }
    if size > 0 { return size }
    guard let directory = try? DirectoryStream(path) else { return nil }
    let listed = numbers(directory).count
    return listed > 0 ? listed : nil
  }

  private static func size(of path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Whether the descriptor is a socket of TCP: `system.sockprotoname`, as ss(8) reads it for what is in no table
  /// (`net/socket.c`, sockfs_xattr_get()).
  static func isTCP(_ number: Int32, of pid: Int32, _ procfs: ProcFS) -> Bool {
    var name = [UInt8](repeating: 0, count: 16)
    let path = procfs.path("\(pid)/fd/\(number)")
    let count = unsafe name.withUnsafeMutableBytes {
      unsafe getxattr(path, "system.sockprotoname", $0.baseAddress, $0.count)
    }
    guard count > 0, count <= name.count else { return false }
    // Its last zero byte is told too.
    return ["TCP", "TCPv6"].contains(String(lossy: name.span, in: 0..<count - 1))
  }

  /// The numbers, ascending: the kernel lists them so, and nothing promises it.
  static func numbers(_ directory: borrowing DirectoryStream) -> ContiguousArray<Int32> {
    var numbers = ContiguousArray<Int32>()
    var ascending = true
    while let number = directory.nextNumber() {
      if let last = numbers.last, last > number { ascending = false }
      numbers.append(number)
    }
    if !ascending { numbers.sort() }
    return numbers
  }

  /// The inode of `socket:[8675]`; 0 for anything else.
  package static func socketInode(_ target: Span<UInt8>) -> UInt32 {
    let prefix = 8
    guard target.count > prefix + 1, target.holds("socket:[", in: 0..<prefix),
      target[target.count - 1] == UInt8(ascii: "]"),
      let inode = UInt64(decimal: target, in: prefix..<target.count - 1)
    else { return 0 }
    return UInt32(exactly: inode) ?? 0
  }
}
