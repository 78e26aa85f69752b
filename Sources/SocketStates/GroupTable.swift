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
  var budget: Int

  init(budget: Int) { self.budget = budget }

  subscript(number: UInt32) -> Group {
    get { groups[Int(number)] }
    _modify { yield &groups[Int(number)] }
  }

  /// The groups there are, in no order.
  var all: [Group] { numbers.values.map { groups[Int($0)] } }

  /// How many groups there are.
  var count: Int { numbers.count }

  /// The number of the group with these labels; past the budget that of `other`.
  mutating func number(of labels: GroupLabels, at now: Int64) -> UInt32 {
    if let number = numbers[labels] { return number }
    if numbers.count < budget { return add(labels, at: now) }
    return number(named: GroupLabels.otherProcess, labels.direction, at: now)
  }

  /// The number of the group that holds what belongs to no known process; past the budget too.
  mutating func numberOfUnknown(_ direction: Direction, at now: Int64) -> UInt32 {
    number(named: Owner.unknownName, direction, at: now)
  }

  /// Sets the gauges of all groups back before a poll.
  mutating func clearGauges() {
    for index in groups.indices { groups[index].gauges = GroupGauges() }
  }

  /// Forgets the groups that have been empty for longer than `linger` ms.
  mutating func expire(at now: Int64, linger: Int64) {
    let old = numbers.filter { _, number in
      let group = groups[Int(number)]
      return group.members == 0 && now - group.emptySince > linger
    }
    for (labels, number) in old {
      numbers[labels] = nil
      free.append(number)
    }
  }

  private mutating func number(named name: String, _ direction: Direction, at now: Int64)
    -> UInt32
  {
    let labels = GroupLabels(process: name, unit: "", direction: direction, port: nil)
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
