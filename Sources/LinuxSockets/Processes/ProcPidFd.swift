/// /proc/PID/fd (proc_pid_fd(5)): a link for each open descriptor.
package enum ProcPidFd {
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
