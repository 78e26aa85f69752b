/// The entries of all sockets, found by cookie or, while procfs is the source, by endpoints.
///
/// Entries stay where they are (a free list fills holes), so that other tables may keep indices.
/// The hash index is open addressing with linear probing over 32-bit slots.
struct SocketTable: ~Copyable {
  /// What the index is keyed by.
  enum Identity { case cookie, tupleHash }

  /// Index value of no entry.
  static let none = UInt32.max

  private(set) var entries = ContiguousArray<SocketEntry>()
  private var free = ContiguousArray<UInt32>()
  private var slots = ContiguousArray<UInt32>(repeating: none, count: 1024)
  /// Identifies sockets without a cookie.
  let hasher: TupleHasher
  /// Nobody can open sockets whose keys fall into the same slots on purpose.
  private let seed = UInt64.random(in: .min ... .max)
  /// Entries known only by endpoints while the index is by cookie.
  private var withoutCookie: [UInt64: UInt32] = [:]
  private(set) var identity = Identity.cookie
  private(set) var count = 0
  private var indexed = 0
  /// The entry matched last: its follower is the first guess for the next row.
  private var cursor = SocketTable.none

  init(hasher: TupleHasher) { self.hasher = hasher }

  subscript(index: UInt32) -> SocketEntry {
    @inline(__always) get { entries[Int(index)] }
    @inline(__always) _modify { yield &entries[Int(index)] }
  }

  /// Indices below this may hold a socket; ask ``isOccupied(_:)``.
  var capacity: UInt32 { UInt32(entries.count) }

  @inline(__always)
  func isOccupied(_ index: UInt32) -> Bool { entries[Int(index)].flags.contains(.occupied) }

  /// Starts a dump: the first row has no predecessor.
  mutating func rewind() { cursor = SocketTable.none }

  /// The entry of a row; ``none`` if there is none.
  @inline(__always)
  mutating func find(cookie: UInt64, tupleHash: UInt64) -> UInt32 {
    let key = identity == .cookie ? cookie : tupleHash
    if cursor != SocketTable.none {
      let guess = entries[Int(cursor)].follower
      if guess < capacity, isOccupied(guess), self.key(of: guess) == key {
        cursor = guess
        return guess
      }
    }
    let found = lookUp(key, tupleHash: tupleHash, cookie: cookie)
    if found != SocketTable.none { link(found) }
    return found
  }

  /// The entry of an event's socket, without moving the cursor: events come in no order.
  func findOutOfOrder(cookie: UInt64, tupleHash: UInt64) -> UInt32 {
    slots[slot(of: identity == .cookie ? cookie : tupleHash)]
  }

  /// Adds an entry whose key is not there yet.
  mutating func insert(_ entry: SocketEntry) -> UInt32 {
    let index: UInt32
    if let hole = free.popLast() {
      index = hole
      entries[Int(index)] = entry
    } else {
      index = capacity
      entries.append(entry)
    }
    entries[Int(index)].flags.insert(.occupied)
    entries[Int(index)].follower = index + 1
    count += 1
    enter(index)
    link(index)
    return index
  }

  /// Takes an entry out.
  mutating func remove(_ index: UInt32) {
    let key = self.key(of: index)
    if key == 0 {
      withoutCookie[entries[Int(index)].tupleHash] = nil
    } else {
      let slot = slot(of: key)
      if slots[slot] == index { vacate(slot) }
    }
    entries[Int(index)].flags = []
    free.append(index)
    count -= 1
    if cursor == index { cursor = SocketTable.none }
  }

  /// Keys the index anew. Sockets keep their entries: what is known of them by the other identity
  /// carries over.
  mutating func identify(by identity: Identity) {
    guard identity != self.identity else { return }
    self.identity = identity
    withoutCookie = [:]
    rebuild(slotCount: slots.count)
  }

  private func key(of index: UInt32) -> UInt64 {
    identity == .cookie ? entries[Int(index)].cookie : entries[Int(index)].tupleHash
  }

  private mutating func link(_ index: UInt32) {
    if cursor != SocketTable.none { entries[Int(cursor)].follower = index }
    cursor = index
  }

  private mutating func lookUp(_ key: UInt64, tupleHash: UInt64, cookie: UInt64) -> UInt32 {
    let found = slots[slot(of: key)]
    if found != SocketTable.none || identity == .tupleHash || withoutCookie.isEmpty { return found }
    guard let index = withoutCookie.removeValue(forKey: tupleHash) else { return SocketTable.none }
    entries[Int(index)].cookie = cookie
    enter(index)
    return index
  }

  /// Where the key's run of slots begins.
  private func home(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: mixed(key, seed)) & (slots.count - 1)
  }

  /// The slot that holds the key, or the free one where it would go.
  private func slot(of key: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = home(of: key)
    while slots[slot] != SocketTable.none, self.key(of: slots[slot]) != key {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func enter(_ index: UInt32) {
    let key = self.key(of: index)
    if key == 0 {
      withoutCookie[entries[Int(index)].tupleHash] = index
      return
    }
    if (indexed + 1) * 4 > slots.count * 3 { rebuild(slotCount: slots.count * 2) }
    let slot = slot(of: key)
    if slots[slot] == SocketTable.none { indexed += 1 }
    slots[slot] = index
  }

  /// Frees a slot and moves later ones of its run up, so that no probe ends too early.
  private mutating func vacate(_ slot: Int) {
    let mask = slots.count - 1
    var hole = slot
    var next = (hole + 1) & mask
    while slots[next] != SocketTable.none {
      let home = home(of: key(of: slots[next]))
      if (next - home) & mask >= (next - hole) & mask {
        slots[hole] = slots[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    slots[hole] = SocketTable.none
    indexed -= 1
  }

  private mutating func rebuild(slotCount: Int) {
    slots = ContiguousArray(repeating: SocketTable.none, count: slotCount)
    indexed = 0
    for index in 0..<capacity where isOccupied(index) { enter(index) }
  }
}
