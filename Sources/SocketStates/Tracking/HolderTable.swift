/// A process that claims sockets in this poll (``SocketTracker/claimant(_:)``).
package struct Holder: Sendable, BitwiseCopyable {
  /// Its number in the ``OwnerTable``.
  let number: UInt32
}

/// Who holds a descriptor of which socket, as found in this poll; a socket may have several holders.
struct HolderTable: ~Copyable {
  private struct Claim: BitwiseCopyable {
    var owner: UInt32
    /// The claim of the same socket that came before.
    var previous: UInt32
  }

  private static let none = UInt32.max

  /// The last claim of each inode.
  private var last = InodeTable()
  private var claims = ContiguousArray<Claim>()

  func contains(_ inode: UInt32) -> Bool { last.contains(inode) }

  mutating func add(_ inode: UInt32, by claimant: Holder) {
    let number = UInt32(claims.count)
    claims.append(Claim(owner: claimant.number, previous: last[inode] ?? Self.none))
    last[inode] = number
  }

  /// Gives the memory back too: only polls with much that is new need much.
  mutating func removeAll() {
    guard !claims.isEmpty else { return }
    last = InodeTable()
    claims = []
  }

  /// The holder that a socket is counted for: who has the listener's name, else the lowest pid;
  /// PID 1, which holds the sockets of units it activates, only if alone. nil without any.
  func owner(of inode: UInt32, preferring name: String?, in owners: borrowing OwnerTable) -> UInt32?
  {
    guard inode != 0, var number = last[inode] else { return nil }
    var best = claims[Int(number)].owner
    while true {
      number = claims[Int(number)].previous
      guard number != Self.none else { return best }
      let other = claims[Int(number)].owner
      if owners[other].precedes(owners[best], preferring: name) { best = other }
    }
  }
}

extension Owner {
  fileprivate func precedes(_ other: Owner, preferring name: String?) -> Bool {
    (pid == 1 ? 1 : 0, self.name == name ? 0 : 1, pid)
      < (other.pid == 1 ? 1 : 0, other.name == name ? 0 : 1, other.pid)
  }
}
