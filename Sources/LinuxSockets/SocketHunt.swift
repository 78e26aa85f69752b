/// One search for the holders of sockets: what is wanted, and what was found.
struct SocketHunt {
  var result = SocketOwnership()
  private let wanted: Set<UInt32>
  private let deadline: ContinuousClock.Instant

  init(_ wanted: some Sequence<UInt32>, deadline: ContinuousClock.Instant) {
    self.wanted = Set(wanted.lazy.filter { $0 != 0 })
    self.deadline = deadline
  }

  /// Whether there is any use in going on.
  var isOn: Bool { result.holders.count < wanted.count && result.isComplete }

  /// Whether the deadline has passed, which ends the search.
  var isOverdue: Bool {
    mutating get {
      guard ContinuousClock.now >= deadline else { return false }
      result.isComplete = false
      return true
    }
  }

  func wants(_ inode: UInt32) -> Bool { wanted.contains(inode) }

  /// Takes one holder more.
  mutating func offer(_ holder: SocketHolder, of inode: UInt32) {
    result.holders[inode, default: []].append(holder)
  }
}
