/// Who holds a socket.
package struct Owner: Hashable, Sendable {
  /// 0 where only the unit is known.
  package var pid: Int32
  /// Clock ticks after boot (field 22 of /proc/PID/stat): with the pid, the process's identity.
  package var startTime: UInt64
  /// The value of the label `process`.
  package var name: String
  /// The value of the label `unit`; empty where there is none.
  package var unit: String

  package init(pid: Int32, startTime: UInt64, name: String, unit: String) {
    self.pid = pid
    self.startTime = startTime
    self.name = name
    self.unit = unit
  }

  /// The name of an owner whom nobody can find.
  package static let unknownName = "unknown"
  /// Whether both are one process: a pid alone may be taken again.
  package func isSameProcess(as other: Owner) -> Bool {
    pid == other.pid && startTime == other.startTime
  }

  /// Whether no process is known.
  package var isUnknown: Bool { pid == 0 }

  /// Nobody, in no unit.
  package static let unknown = Owner(pid: 0, startTime: 0, name: unknownName, unit: "")
}

/// The owners that sockets refer to, by a number that stays.
struct OwnerTable: ~Copyable {
  /// The number of ``Owner/unknown``.
  static let unknown: UInt32 = 0

  private struct Key: Hashable {
    var pid: Int32
    var startTime: UInt64
    /// Only for owners without a process.
    var unit: String

    init(_ owner: Owner) {
      pid = owner.pid
      startTime = owner.startTime
      unit = owner.pid == 0 ? owner.unit : ""
    }
  }

  private var owners = ContiguousArray([Owner.unknown])
  private var references = ContiguousArray<Int32>([1])
  private var hasCloseWait = ContiguousArray([false])
  private var numbers: [Key: UInt32] = [
    Key(Owner.unknown): OwnerTable.unknown
  ]
  private var free = ContiguousArray<UInt32>()

  subscript(number: UInt32) -> Owner { owners[Int(number)] }

  /// Whether no process is known behind the number.
  @inline(__always)
  func isUnknown(_ number: UInt32) -> Bool { owners[Int(number)].isUnknown }

  /// Whether sockets refer to the owner.
  func knows(_ owner: Owner) -> Bool { numbers[Key(owner)] != nil }

  /// The number of an owner; what is known of a process may change (exec, a new name).
  /// - Returns: the number, and whether name or unit of a known process changed.
  mutating func intern(_ owner: Owner) -> (number: UInt32, changed: Bool) {
    let key = Key(owner)
    if let number = numbers[key] {
      let changed = owners[Int(number)] != owner
      if changed { owners[Int(number)] = owner }
      return (number, changed)
    }
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      owners[Int(number)] = owner
      references[Int(number)] = 0
      hasCloseWait[Int(number)] = false
    } else {
      number = UInt32(owners.count)
      owners.append(owner)
      references.append(0)
      hasCloseWait.append(false)
    }
    numbers[key] = number
    return (number, false)
  }

  /// Notes that the owner has a CLOSE-WAIT socket in this poll.
  mutating func noteCloseWait(_ number: UInt32) { hasCloseWait[Int(number)] = true }

  /// Starts a poll: nobody has a CLOSE-WAIT socket yet.
  mutating func clearCloseWait() {
    for index in hasCloseWait.indices { hasCloseWait[index] = false }
  }

  /// The processes that have CLOSE-WAIT sockets in this poll.
  var withCloseWait: [Owner] {
    zip(owners, hasCloseWait).filter { !$0.0.isUnknown && $0.1 }.map(\.0)
  }

  mutating func retain(_ number: UInt32) { references[Int(number)] += 1 }

  /// Lets go of one reference; an owner without any is forgotten.
  mutating func release(_ number: UInt32) {
    references[Int(number)] -= 1
    guard references[Int(number)] == 0 else { return }
    numbers[Key(owners[Int(number)])] = nil
    free.append(number)
  }

  /// The processes that hold sockets, by number.
  var processes: [(number: UInt32, owner: Owner)] {
    numbers.values.map { (number: $0, owner: owners[Int($0)]) }.filter { $0.owner.pid != 0 }
  }
}
