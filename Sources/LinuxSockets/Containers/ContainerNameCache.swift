internal import SocketStates

/// The names of the containers that hold sockets. Looked for when a container is new, and again every ten minutes,
/// as it may be renamed.
struct ContainerNameCache: Sendable {
  private struct Entry {
    var name: ContainerName?
    /// Monotonic ms.
    var nextSearch: Int64
    /// ms to the search after that.
    var pause: Int64
  }

  /// ms until a container without a name is looked for again: the runtime may write its files after the start. Twice
  /// as long after each time.
  private static let firstPause: Int64 = 2000
  private static let longestPause: Int64 = 600_000

  private var entries: [ContainerLabel: Entry] = [:]
  /// The values of labels that were looked at, and what they are.
  private var labels: [String: ContainerLabel?] = [:]
  private(set) var names = ContainerNames()

  /// Brings ``names`` up to date.
  /// - Parameters:
  ///   - texts: the labels `unit` and `netns` of all groups.
  ///   - now: monotonic ms.
  /// - Returns: a path that could not be read for want of permission, though a name is missing.
  mutating func update(_ texts: Set<String>, root: String, at now: Int64) -> String? {
    labels = texts.reduce(into: [:]) { kept, text in
      kept[text] = .some(labels[text] ?? ContainerLabel(text))
    }
    let wanted = Set(labels.values.compactMap { $0 })
    let before = entries.count
    entries = entries.filter { wanted.contains($0.key) }
    if entries.count < before { publish() }
    let due = wanted.filter { entries[$0].map { $0.nextSearch <= now } ?? true }
    guard !due.isEmpty else { return nil }
    var search = ContainerSearch(Array(due), HostFiles(root: root))
    search.run()
    for label in due {
      var entry = entries[label] ?? Entry(nextSearch: 0, pause: Self.firstPause)
      entry.name = search.found[label] ?? entry.name
      if entry.name != nil { entry.pause = Self.longestPause }
      entry.nextSearch = now + entry.pause
      entry.pause = min(2 * entry.pause, Self.longestPause)
      entries[label] = entry
    }
    publish()
    return entries.values.contains { $0.name == nil } ? search.files.denied : nil
  }

  private mutating func publish() {
    names = ContainerNames(
      entries.reduce(into: [:]) { names, entry in names[entry.key.text] = entry.value.name })
  }
}
