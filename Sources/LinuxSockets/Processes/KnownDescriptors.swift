import SocketStates

/// A descriptor as it was last read: 8 bytes, as there is one for each socket of the host.
struct KnownDescriptor: Sendable, BitwiseCopyable {
  /// The number, which a process may have a billion of at most, and two marks.
  private var bits: UInt32
  /// 0 if it is no socket.
  var inode: UInt32

  private static let read: UInt32 = 1 << 31
  private static let vacant: UInt32 = 1 << 30
  /// What every number is below.
  static let numberLimit: Int32 = 1 << 30

  init(number: Int32, inode: UInt32, wasRead: Bool) {
    bits = UInt32(bitPattern: number) & ~(Self.read | Self.vacant) | (wasRead ? Self.read : 0)
    self.inode = inode
  }

  var number: Int32 { Int32(bitPattern: bits & ~(Self.read | Self.vacant)) }

  /// Whether the search that is on has read it.
  var wasRead: Bool {
    get { bits & Self.read != 0 }
    set { bits = newValue ? bits | Self.read : bits & ~Self.read }
  }

  /// Whether the socket has gone: the number is free, or another's already.
  var isVacant: Bool {
    get { bits & Self.vacant != 0 }
    set { bits = newValue ? bits | Self.vacant : bits & ~Self.vacant }
  }

  /// Whether it was last seen to be a socket that is not among these.
  func isSocket(notIn inodes: InodeTable) -> Bool {
    inode != 0 && !isVacant && !inodes.contains(inode)
  }
}

/// What a process's descriptors were last seen to be, in ascending order.
package struct KnownDescriptors: Sendable {
  private var descriptors = ContiguousArray<KnownDescriptor>()
  /// The search that walked them last.
  private var search: UInt32
  private var hasVacant = false
  /// Whether the process has ever been seen to hold a socket.
  private(set) var hasHeldSockets: Bool
  /// Where ``next(_:)`` goes on.
  private var position = 0

  init(search: UInt32 = 0, hasHeldSockets: Bool = false) {
    self.search = search
    self.hasHeldSockets = hasHeldSockets
  }

  var count: Int { descriptors.count }

  mutating func reserveCapacity(_ count: Int) { descriptors.reserveCapacity(count) }

  /// Adds one whose number is higher than all others.
  mutating func append(_ descriptor: KnownDescriptor) {
    descriptors.append(descriptor)
    if descriptor.isVacant { hasVacant = true }
    if descriptor.inode != 0 { hasHeldSockets = true }
  }

  /// The descriptor that was last seen to be the socket.
  func descriptor(of inode: UInt32) -> Int32? {
    descriptors.first { $0.inode == inode && !$0.isVacant }?.number
  }

  /// Hands out the sockets that they were last seen to be.
  func eachSocket(_ body: (UInt32) -> Void) {
    for index in descriptors.indices
    where descriptors[index].inode != 0 && !descriptors[index].isVacant {
      body(descriptors[index].inode)
    }
  }

  /// The descriptors that were last seen to be sockets which are not among these.
  func sockets(notIn inodes: InodeTable) -> [KnownDescriptor] {
    descriptors.filter { $0.isSocket(notIn: inodes) }
  }

  /// Where those are that were last seen to be one of the sockets.
  func places(of inodes: InodeSet) -> [Int] {
    descriptors.indices.filter {
      inodes.contains(descriptors[$0].inode) && !descriptors[$0].isVacant
    }
  }

  /// Looks at some again.
  /// - Parameter read: the inode behind a number, 0 for what is no socket, nil for a free number.
  mutating func reread(_ places: [Int], _ read: (KnownDescriptor) -> UInt32?) {
    for index in places {
      if let inode = read(descriptors[index]) {
        descriptors[index] = KnownDescriptor(
          number: descriptors[index].number, inode: inode, wasRead: true)
      } else {
        descriptors[index].isVacant = true
        hasVacant = true
      }
    }
  }

  /// Notes that these sockets have gone.
  mutating func vacate(_ gone: InodeTable) {
    for index in descriptors.indices where gone.contains(descriptors[index].inode) {
      descriptors[index].isVacant = true
      hasVacant = true
    }
  }

  /// Notes that the sockets have gone that are not among these, if that are so few that to read them costs less than
  /// a list: the sockets of other protocols never are.
  /// - Returns: whether there are any.
  mutating func vacate(allBut open: InodeTable) -> Bool {
    let gone = descriptors.indices.filter {
      !descriptors[$0].wasRead && descriptors[$0].isSocket(notIn: open)
    }
    guard !gone.isEmpty, gone.count <= descriptors.count / 4 else { return false }
    for index in gone { descriptors[index].isVacant = true }
    hasVacant = true
    return true
  }

  /// Starts a walk: what other searches have read counts no more.
  mutating func begin(_ search: UInt32) {
    position = 0
    guard search != self.search else { return }
    self.search = search
    for index in descriptors.indices { descriptors[index].wasRead = false }
  }

  /// What is known of a number; the numbers of a walk come in ascending order.
  mutating func next(_ number: Int32) -> KnownDescriptor? {
    while position < descriptors.count, descriptors[position].number < number { position += 1 }
    guard position < descriptors.count, descriptors[position].number == number,
      !descriptors[position].isVacant
    else { return nil }
    return descriptors[position]
  }

  /// Free numbers in a row after which a probe takes the rest to be free too: the kernel gives the
  /// lowest away first.
  private static let patience = 8

  /// Looks where new descriptors most likely are: at numbers that became free, the lowest first, and
  /// past the highest.
  /// - Parameter read: the inode behind a number, 0 for what is no socket, and whether it is a socket that is looked
  ///   for; nil for a free number.
  mutating func probe(_ read: (Int32) -> (inode: UInt32, isWanted: Bool)?) {
    if hasVacant {
      var free = 0
      hasVacant = false
      for index in descriptors.indices where descriptors[index].isVacant {
        if free < Self.patience, let found = read(descriptors[index].number) {
          free = 0
          let isNew = descriptors[index].inode != found.inode
          descriptors[index] = KnownDescriptor(
            number: descriptors[index].number, inode: found.inode, wasRead: true)
          if isNew { doubt(index, found) }
        } else {
          free += 1
          hasVacant = true
        }
      }
    }
    while let last = descriptors.last, last.number < Int32.max >> 2,
      let found = read(last.number + 1)
    {
      append(KnownDescriptor(number: last.number + 1, inode: found.inode, wasRead: true))
      doubt(descriptors.count - 1, found)
    }
  }

  /// Has the next probe look again at a socket that is not looked for: it may have come after the dump, and go before
  /// the next one, so that nobody tells its end.
  private mutating func doubt(_ index: Int, _ found: (inode: UInt32, isWanted: Bool)) {
    guard found.inode != 0, !found.isWanted else { return }
    descriptors[index].isVacant = true
    hasVacant = true
  }
}
