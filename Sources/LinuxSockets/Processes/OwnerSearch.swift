import SocketStates

/// One search for the holders of sockets: what is wanted, and what was found.
struct OwnerSearch {
  var result = SocketOwnership()
  /// Tells this search from others.
  let number: UInt32
  /// 1 for the inodes that have been found.
  private var wanted: InodeTable
  private var missing: Int
  private let deadline: ContinuousClock.Instant
  /// How often the clock has not been looked at.
  private var patience = 0
  /// The process that was found last, which is most often found again.
  private var holder: Int32?

  init(
    _ wanted: borrowing ContiguousArray<UInt32>, number: UInt32, deadline: ContinuousClock.Instant
  ) {
    self.wanted = InodeTable(minimumCapacity: wanted.count)
    for index in wanted.indices where wanted[index] != 0 { self.wanted[wanted[index]] = 0 }
    missing = self.wanted.count
    self.number = number
    self.deadline = deadline
  }

  /// Whether there is any use in going on.
  var isOn: Bool { missing > 0 && result.isComplete }

  /// Whether the deadline has passed, which ends the search. Looks at the clock now and then: that
  /// costs more than much of what is asked in between.
  var isOverdue: Bool {
    mutating get {
      guard result.isComplete else { return true }
      patience -= 1
      guard patience < 0 else { return false }
      patience = 100
      if ContinuousClock.now >= deadline { result.isComplete = false }
      return !result.isComplete
    }
  }

  func wants(_ inode: UInt32) -> Bool { wanted.contains(inode) }

  /// Takes one holder more of a wanted socket.
  /// - Parameter process: who has the pid; nil if nobody has any more.
  mutating func offer(
    _ inode: UInt32, of pid: Int32, descriptor: Int32, process: () -> OwnerProcess?
  ) {
    if holder.map({ result.processes[Int($0)].identity.pid }) != pid {
      guard let process = process() else { return }
      holder = Int32(result.processes.count)
      result.processes.append(process)
    }
    guard let holder else { return }
    if wanted[inode] == 0 {
      wanted[inode] = 1
      missing -= 1
    }
    result.claims.append(
      SocketOwnership.Claim(inode: inode, process: holder, descriptor: descriptor))
  }
}
