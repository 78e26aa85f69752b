/// A number for each of many inodes: open addressing in one flat array, 8 bytes a slot, because
/// there may be a million and a dictionary of them would cost more than the search they serve.
package struct InodeTable: Sendable {
  private struct Slot: BitwiseCopyable {
    /// 0 if the slot is free: no socket has that inode.
    var inode: UInt32 = 0
    var value: UInt32 = 0
  }

  private var slots: ContiguousArray<Slot>
  /// How many inodes there are.
  package private(set) var count = 0

  /// - Parameter minimumCapacity: how many inodes fit without growing.
  package init(minimumCapacity: Int = 0) {
    var size = 16
    while size * 3 < minimumCapacity * 4 { size *= 2 }
    slots = ContiguousArray(repeating: Slot(), count: size)
  }

  /// Whether the inode is there.
  package func contains(_ inode: UInt32) -> Bool { self[inode] != nil }

  /// The inode's number; nil if it is not there. An inode that was added stays.
  package subscript(inode: UInt32) -> UInt32? {
    get {
      let slot = slots[place(of: inode)]
      return slot.inode == 0 ? nil : slot.value
    }
    set {
      guard let newValue, inode != 0 else { return }
      var place = place(of: inode)
      if slots[place].inode == 0 {
        if (count + 1) * 4 > slots.count * 3 {
          grow()
          place = self.place(of: inode)
        }
        count += 1
      }
      slots[place] = Slot(inode: inode, value: newValue)
    }
  }

  /// The slot that holds the inode, or the free one where it would go.
  private func place(of inode: UInt32) -> Int {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: mixed(0, UInt64(inode))) & mask
    while slots[place].inode != 0, slots[place].inode != inode { place = (place + 1) & mask }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = ContiguousArray(repeating: Slot(), count: old.count * 2)
    for slot in old where slot.inode != 0 { slots[place(of: slot.inode)] = slot }
  }
}
