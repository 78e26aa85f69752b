package import SocketStates

/// One search for the holders of sockets: what is wanted, and what was found.
package struct OwnerSearch {
  /// What was found.
  package struct Result: Sendable {
    /// A socket that has no holder here has none that could be seen; it may have several.
    package var holders = HolderTable()
    /// Whether sockets that are missing have been looked for everywhere, so that there is no use in
    /// asking for them again.
    package var isComplete = true
    /// Processes whose descriptors may not be listed: CAP_DAC_READ_SEARCH is missing.
    package var unlistedProcesses: Set<Int32> = []
    /// Processes whose descriptors were listed but may not be read: CAP_SYS_PTRACE is missing.
    package var unreadProcesses: Set<Int32> = []
    /// Whether process 1 was not in sight: the mount option hidepid hides the processes of others
    /// (proc(5)).
    package var hidesProcesses = false
    /// Sockets for which all processes and threads were looked through in vain.
    package var unfound = 0
  }

  var result = Result()
  /// Tells this search from others.
  let number: UInt32
  /// The processes that likely hold them, each once.
  let hinted: [Int32]
  /// 1 for the inodes that have been found.
  private var wanted: InodeTable
  private(set) var missing: Int
  private let deadline: ContinuousClock.Instant
  /// How often the clock has not been read.
  private var patience = 0
  /// The process that was found last, which is most often found again.
  private var holder: (pid: Int32, number: Int32)?

  init(
    _ wanted: ContiguousArray<UInt32>, hints: [Int32] = [], number: UInt32,
    deadline: ContinuousClock.Instant
  ) {
    var seen = Set<Int32>()
    hinted = hints.filter { seen.insert($0).inserted }
    self.wanted = InodeTable(minimumCapacity: wanted.count)
    for index in wanted.indices where wanted[index] != 0 { self.wanted[wanted[index]] = 0 }
    missing = self.wanted.count
    self.number = number
    self.deadline = deadline
  }

  /// Whether the kernel's list has answered all of it.
  var isAnswered = false

  /// Whether there is any use in going on.
  var isOn: Bool { missing > 0 && result.isComplete && !isAnswered }

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

  /// Wants one socket more.
  /// - Parameter isFound: whether a holder is known, so that only others are wanted.
  mutating func want(_ inode: UInt32, isFound: Bool) {
    guard wanted[inode] == nil else { return }
    wanted[inode] = isFound ? 1 : 0
    if !isFound { missing += 1 }
  }

  /// Gives up those of the wanted sockets that are not found, but for some.
  mutating func keep(_ left: ContiguousArray<UInt32>, of all: ContiguousArray<UInt32>) {
    let left = InodeSet(left)
    for index in all.indices where wanted[all[index]] == 0 && !left.contains(all[index]) {
      wanted[all[index]] = 1
      missing -= 1
    }
  }

  /// Takes one holder more of a wanted socket.
  /// - Parameter process: who has the pid; nil if nobody has any more.
  mutating func offer(_ inode: UInt32, of pid: Int32, process: () -> Owner?) {
    if holder?.pid != pid {
      guard let process = process() else { return }
      holder = (pid, result.holders.add(process))
    }
    guard let holder else { return }
    if wanted[inode] == 0 {
      wanted[inode] = 1
      missing -= 1
    }
    result.holders.add(inode, heldBy: holder.number)
  }
}
