/// One search for the holders of sockets: what is wanted, what was found, and who wins.
struct SocketHunt {
  var result = SocketOwnership()
  private let preferredNames: [UInt32: String?]
  private let deadline: ContinuousClock.Instant

  init(_ wanted: some Sequence<WantedSocket>, deadline: ContinuousClock.Instant) {
    preferredNames = Dictionary(
      wanted.lazy.filter { $0.inode != 0 }.map { ($0.inode, $0.preferredName) }
    ) { first, _ in first }
    self.deadline = deadline
  }

  /// Whether there is any use in going on.
  var isOn: Bool { result.holders.count < preferredNames.count && result.isComplete }

  /// Whether the deadline has passed, which ends the search.
  var isOverdue: Bool {
    mutating get {
      guard ContinuousClock.now >= deadline else { return false }
      result.isComplete = false
      return true
    }
  }

  func wants(_ inode: UInt32) -> Bool { preferredNames[inode] != nil }

  /// Takes the holder if it is better than the one known so far.
  mutating func offer(_ holder: SocketHolder, of inode: UInt32) {
    if let current = result.holders[inode],
      rank(current.process, inode) <= rank(holder.process, inode)
    {
      return
    }
    result.holders[inode] = holder
  }

  /// The lowest wins.
  private func rank(_ process: OwnerProcess, _ inode: UInt32) -> (Int, Int, Int32) {
    let isPreferred = preferredNames[inode] == .some(process.name)
    return (process.identity.pid == 1 ? 1 : 0, isPreferred ? 0 : 1, process.identity.pid)
  }
}
