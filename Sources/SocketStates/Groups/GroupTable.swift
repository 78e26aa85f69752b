/// The groups, their gauges of this poll and their counters for good.
///
/// The budget is that of the series which scrapers get. ``knownPerExposed`` times as many groups are known to
/// those who ask the daemon itself; what those past the budget count is exposed in `other`. What is past that
/// bound too is known as `other` alone.
struct GroupTable: ~Copyable {
  /// Number of no group.
  static let none = UInt32.max

  /// Groups that are known for each that may be exposed, at most.
  static let knownPerExposed = 4

  private var groups = ContiguousArray<Group>()
  private var numbers: [GroupLabels: UInt32] = [:]
  /// Of each direction, and of even and of odd ports, the group that was asked for last: most often it is again, and
  /// need not be hashed.
  private var recent = InlineArray<4, UInt32>(repeating: none)
  private var free = ContiguousArray<UInt32>()
  /// How often a socket was counted in `other` because the budget was spent.
  var refused: UInt64 = 0
  /// The number of groups that may be exposed.
  private var budget = 0
  /// How many are.
  private(set) var exposed = 0
  /// What each group that is or was past the budget has counted for `other`, and what `other` has of all of them.
  private var folded: [UInt32: GroupCounters] = [:]
  /// Empty groups past the budget, which make room for others like them; nil until somebody needs it.
  private var spare: [UInt32]?
  /// Groups that were made for sockets that no poll has seen.
  private var unseen = 0
  /// ms that a group stays empty before it makes room for any other.
  private var grace: Int64 = 0
  /// Who makes room in this poll; nil until somebody needs it.
  private var eviction: GroupEviction?

  /// The network namespace of all groups.
  private let netns: String

  init(_ settings: SocketTracker.Settings, netns: String) {
    self.netns = netns
    apply(settings)
  }

  /// Takes new settings; groups there are stay.
  mutating func apply(_ settings: SocketTracker.Settings) {
    budget = settings.groups
    grace = settings.linger / 5
  }

  subscript(number: UInt32) -> Group {
    get { groups[Int(number)] }
    _modify { yield &groups[Int(number)] }
  }

  /// The numbers of the groups there are, in the order of their labels.
  var ordered: [UInt32] {
    // Sorted by number: a group has some hundreds of bytes.
    numbers.sorted { $0.key.isOrdered(before: $1.key) }.map(\.value)
  }

  /// The number of the group with these labels. It is exposed if the budget has room or an empty group makes
  /// room; past the bound of those that are known it is that of `other`.
  mutating func number(of labels: GroupLabels, at now: Int64) -> UInt32 {
    if let number = known(labels) { return number }
    let isExposed = exposed < budget || makeRoom(for: labels.provenUnit, at: now)
    if !isExposed, numbers.count >= budget * Self.knownPerExposed, !forgetSpare(at: now) {
      let other = number(named: GroupLabels.otherProcess, labels.direction, at: now)
      self[other].isDirect = true
      return other
    }
    return add(labels, isExposed: isExposed, at: now)
  }

  /// The same for what no poll has seen, and whose process is not known: a scan of all ports, each of which
  /// refuses, takes an eighth of the budget at most.
  mutating func number(ofUnseen labels: GroupLabels, at now: Int64) -> UInt32 {
    if let number = known(labels) { return number }
    guard unseen < budget / 8 else { return numberOfUnknown(labels.direction, at: now) }
    let number = number(of: labels, at: now)
    if !self[number].isOfUnseen, !self[number].labels.isOther {
      self[number].isOfUnseen = true
      unseen += 1
    }
    return number
  }

  private mutating func known(_ labels: GroupLabels) -> UInt32? {
    let place = Int(labels.port ?? 0) & 1 << 1 | (labels.direction == .inbound ? 1 : 0)
    let last = recent[place]
    if last != Self.none, self[last].labels == labels { return last }
    guard let number = numbers[labels] else { return nil }
    recent[place] = number
    return number
  }

  /// The number of the group that holds what belongs to no known process; past the budget too.
  mutating func numberOfUnknown(_ direction: Direction, at now: Int64) -> UInt32 {
    number(named: Owner.unknownName, direction, at: now)
  }

  /// Sets the gauges of all groups back before a poll; a light one goes on with what it does not read.
  mutating func beginPoll(isWhole: Bool) {
    for index in groups.indices {
      groups[index].gauges = GroupGauges()
      if isWhole { groups[index].unread = UnreadGauges() }
    }
    eviction = nil
    spare = nil
  }

  /// The numbers of the groups there are, in no order.
  var all: [UInt32] { Array(numbers.values) }

  /// Forgets the groups that have been empty for longer than `linger` ms.
  mutating func expire(at now: Int64, linger: Int64) {
    let old = numbers.filter { _, number in
      let group = groups[Int(number)]
      return group.members == 0 && now - group.emptySince > linger
    }
    for number in old.values { forget(number) }
  }

  private mutating func forget(_ number: UInt32) {
    if self[number].isOfUnseen { unseen -= 1 }
    if self[number].isExposed { exposed -= 1 }
    folded[number] = nil
    recent = InlineArray(repeating: Self.none)
    numbers[self[number].labels] = nil
    free.append(number)
  }

  private mutating func makeRoom(for unit: String, at now: Int64) -> Bool {
    var eviction =
      self.eviction
      ?? GroupEviction(
        among: numbers.values.filter { self[$0].isExposed }.map { ($0, self[$0]) }, at: now)
    defer { self.eviction = eviction }
    while let number = eviction.next(for: unit, emptySince: now - grace) {
      guard self[number].members == 0 else { continue }
      eviction.replaced(self[number].labels.provenUnit, by: unit)
      forget(number)
      return true
    }
    return false
  }

  private mutating func number(named name: String, _ direction: Direction, at now: Int64)
    -> UInt32
  {
    let labels = GroupLabels(
      process: name, unit: "", direction: direction, port: nil, netns: netns)
    return numbers[labels] ?? add(labels, at: now)
  }

  private mutating func forgetSpare(at now: Int64) -> Bool {
    var spare = self.spare ?? numbers.values.filter { isSpare($0, at: now) }
    defer { self.spare = spare }
    while let number = spare.popLast() {
      guard isSpare(number, at: now) else { continue }
      forget(number)
      return true
    }
    return false
  }

  private func isSpare(_ number: UInt32, at now: Int64) -> Bool {
    !self[number].isExposed && self[number].members == 0 && self[number].emptySince < now
  }

  private mutating func add(_ labels: GroupLabels, isExposed: Bool = true, at now: Int64) -> UInt32
  {
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      groups[Int(number)] = Group(labels: labels, emptySince: now)
    } else {
      number = UInt32(groups.count)
      groups.append(Group(labels: labels, emptySince: now))
    }
    numbers[labels] = number
    groups[Int(number)].isExposed = isExposed
    if isExposed { exposed += 1 }
    return number
  }
}

// MARK: - Past the budget

extension GroupTable {
  /// Whether it is a group of its own to those who ask the daemon: `other` only if sockets are in it that no known
  /// group has.
  func isKnown(_ number: UInt32) -> Bool {
    !self[number].labels.isOther || folded[number] == nil || self[number].isDirect
  }

  /// Whether what is exposed differs from what is known.
  var isFolded: Bool { !folded.isEmpty }

  /// What a group has counted by its own labels since it is exposed; of `other` all that is exposed there.
  func exposedCounters(of number: UInt32) -> GroupCounters {
    guard let folded = folded[number], !self[number].labels.isOther else {
      return self[number].counters
    }
    return self[number].counters.subtracting(folded)
  }

  /// All that a group has counted; of `other` what is of no group that is known.
  func knownCounters(of number: UInt32) -> GroupCounters {
    guard let folded = folded[number], self[number].labels.isOther else {
      return self[number].counters
    }
    return self[number].counters.subtracting(folded)
  }

  /// Ends a poll: counts in `other` what groups past the budget have counted, and exposes as many of them as
  /// there is room for, those that listen first, then those with the most sockets.
  ///
  /// A group that comes to be exposed counts from 0, as `other` keeps what it has counted so far.
  mutating func foldHidden(at now: Int64) {
    guard exposed < numbers.count else { return }
    var hidden = numbers.values.filter { !self[$0].isExposed }
    for number in hidden { fold(number, at: now) }
    hidden.sort { rank($0) > rank($1) }
    for number in hidden where self[number].members > 0 {
      guard exposed < budget || makeRoom(for: self[number].labels.provenUnit, at: now) else {
        continue
      }
      self[number].isExposed = true
      exposed += 1
    }
  }

  private func rank(_ number: UInt32) -> (Int, Int) {
    (self[number].gauges.sockets[.listen] > 0 ? 1 : 0, self[number].members)
  }

  private mutating func fold(_ number: UInt32, at now: Int64) {
    let group = self[number]
    // An empty one counts nothing.
    guard group.members > 0 || group.emptySince == now else { return }
    let other = self.number(named: GroupLabels.otherProcess, group.labels.direction, at: now)
    let new = group.counters.subtracting(folded[number] ?? GroupCounters())
    folded[number] = group.counters
    folded[other, default: GroupCounters()].add(new)
    self[other].counters.add(new)
    self[other].statesSeen.formUnion(group.statesSeen)
    self[other].causesSeen.formUnion(group.causesSeen)
    self[other].stallsSeen.formUnion(group.stallsSeen)
    if self[other].members == 0 { self[other].emptySince = now }
  }

  /// The gauges of all groups past the budget that are exposed in the same `other`.
  func hiddenGauges(_ direction: Direction) -> GroupGauges {
    var sum = GroupGauges()
    for number in numbers.values
    where !self[number].isExposed && self[number].labels.direction == direction {
      sum.add(self[number].gauges)
    }
    return sum
  }
}

extension GroupLabels {
  /// By process, unit, direction, port (`other` last), pid.
  fileprivate func isOrdered(before other: GroupLabels) -> Bool {
    if process != other.process { return process < other.process }
    if unit != other.unit { return unit < other.unit }
    if direction != other.direction { return direction.rawValue < other.direction.rawValue }
    if port != other.port { return port ?? .max < other.port ?? .max }
    return pid ?? 0 < other.pid ?? 0
  }
}
