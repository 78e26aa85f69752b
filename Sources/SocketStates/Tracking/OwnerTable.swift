/// The owners that sockets refer to, by a number that stays.
struct OwnerTable: ~Copyable {
  /// The number of ``Owner/unknown``.
  static let unknown: UInt32 = 0

  private struct Key: Hashable {
    var identity: ProcessIdentity
    /// Only for owners without a process.
    var name: String
    var unit: String

    init(_ owner: Owner) {
      identity = owner.identity
      (name, unit) = owner.pid == 0 ? (owner.name, owner.unit) : ("", "")
    }
  }

  private var owners = ContiguousArray([Owner.unknown])
  private var references = ContiguousArray<Int32>([1])
  private var hasUnclosed = ContiguousArray([false])
  private var doubted = ContiguousArray([false])
  private var numbers: [Key: UInt32] = [
    Key(Owner.unknown): OwnerTable.unknown
  ]
  private var free = ContiguousArray<UInt32>()

  subscript(number: UInt32) -> Owner { owners[Int(number)] }

  /// Whether no process is known behind the number.
  @inline(__always)
  func isUnknown(_ number: UInt32) -> Bool { owners[Int(number)].isUnknown }

  /// The number of an owner that sockets refer to; nil if none does.
  func number(of owner: Owner) -> UInt32? { numbers[Key(owner)] }

  /// The number of an owner; what is known of a process may change (exec, a new name).
  mutating func intern(_ owner: Owner) -> UInt32 {
    let key = Key(owner)
    if let number = numbers[key] {
      owners[Int(number)] = owner
      return number
    }
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      owners[Int(number)] = owner
      references[Int(number)] = 0
      hasUnclosed[Int(number)] = false
      doubted[Int(number)] = false
    } else {
      number = UInt32(owners.count)
      owners.append(owner)
      references.append(0)
      hasUnclosed.append(false)
      doubted.append(false)
    }
    numbers[key] = number
    return number
  }

  /// Notes that the owner has a socket in this poll that only its close() ends: CLOSE-WAIT or CLOSE.
  mutating func noteUnclosed(_ number: UInt32) { hasUnclosed[Int(number)] = true }

  /// Starts a poll: nobody has such a socket yet.
  mutating func clearUnclosed() {
    for index in hasUnclosed.indices { hasUnclosed[index] = false }
  }

  /// The processes that have such sockets in this poll.
  var withUnclosed: [Owner] {
    zip(owners, hasUnclosed).filter { $0.0.pid != 0 && $0.1 }.map(\.0)
  }

  /// Notes that a process has closed descriptors: it may hold its sockets no more.
  mutating func doubt(_ number: UInt32) { doubted[Int(number)] = true }

  @inline(__always)
  func isDoubted(_ number: UInt32) -> Bool { doubted[Int(number)] }

  mutating func clearDoubts() {
    for index in doubted.indices { doubted[index] = false }
  }

  /// How many sockets the doubted have.
  var doubtedSockets: Int {
    doubted.indices.reduce(0) { $0 + (doubted[$1] ? Int(references[$1]) : 0) }
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
