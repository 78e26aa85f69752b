import SocketStates

/// A few inodes that are looked for among many: of most a flag says that they are not among them, at a part of
/// the cost of a table.
struct InodeSet {
  private static let flagCount = 1 << 16

  private var table: InodeTable
  private var flags = ContiguousArray<Bool>(repeating: false, count: flagCount)

  init(_ inodes: ContiguousArray<UInt32>) {
    table = InodeTable(minimumCapacity: inodes.count)
    for index in inodes.indices where inodes[index] != 0 {
      table[inodes[index]] = 0
      flags[Int(inodes[index]) & (Self.flagCount - 1)] = true
    }
  }

  func contains(_ inode: UInt32) -> Bool {
    flags[Int(inode) & (Self.flagCount - 1)] && table.contains(inode)
  }
}
