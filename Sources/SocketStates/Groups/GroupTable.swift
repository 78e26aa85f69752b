/// The groups, their gauges of this poll and their counters for good.
struct GroupTable: ~Copyable {
  /// Number of no group.
  static let none = UInt32.max

  private var groups = ContiguousArray<Group>()
  private var numbers: [GroupLabels: UInt32] = [:]
  private var free = ContiguousArray<UInt32>()
  /// How often a socket was counted in `other` because the budget was spent.
  var refused: UInt64 = 0
  /// The number of groups there may be.
  private var budget = 0
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

  /// How many groups there are.
  var count: Int { numbers.count }

  /// The number of the group with these labels; past the budget that of an empty group that makes
  /// room, else that of `other`.
  mutating func number(of labels: GroupLabels, at now: Int64) -> UInt32 {
    if let number = numbers[labels] { return number }
    if numbers.count < budget || makeRoom(for: labels.provenUnit, at: now) {
      return add(labels, at: now)
    }
    return number(named: GroupLabels.otherProcess, labels.direction, at: now)
  }

  /// The same for what no poll has seen, and whose process is not known: a scan of all ports, each of which
  /// refuses, takes an eighth of the budget at most.
  mutating func number(ofUnseen labels: GroupLabels, at now: Int64) -> UInt32 {
    if let number = numbers[labels] { return number }
    guard unseen < budget / 8 else { return numberOfUnknown(labels.direction, at: now) }
    let number = number(of: labels, at: now)
    if !self[number].isOfUnseen, !self[number].labels.isOther {
      self[number].isOfUnseen = true
      unseen += 1
    }
    return number
  }

  /// The number of the group that holds what belongs to no known process; past the budget too.
  mutating func numberOfUnknown(_ direction: Direction, at now: Int64) -> UInt32 {
    number(named: Owner.unknownName, direction, at: now)
  }

  /// Sets the gauges of all groups back before a poll.
  mutating func beginPoll() {
    for index in groups.indices { groups[index].gauges = GroupGauges() }
    eviction = nil
  }

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
    numbers[self[number].labels] = nil
    free.append(number)
  }

  private mutating func makeRoom(for unit: String, at now: Int64) -> Bool {
    var eviction =
      self.eviction ?? GroupEviction(among: numbers.values.map { ($0, self[$0]) }, at: now)
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

  private mutating func add(_ labels: GroupLabels, at now: Int64) -> UInt32 {
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      groups[Int(number)] = Group(labels: labels, emptySince: now)
    } else {
      number = UInt32(groups.count)
      groups.append(Group(labels: labels, emptySince: now))
    }
    numbers[labels] = number
    return number
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
