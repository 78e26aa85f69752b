/// Where this host connects to, and from which address: what an ephemeral port is taken for.
struct PathTable: ~Copyable {
  /// Number of no path.
  static let none = UInt32.max

  struct Path {
    var source: Address
    var destination: Endpoint
    /// Sockets on the path whose local port is in the ephemeral range.
    var ephemeralPorts = 0
    /// Sockets on the path, all told.
    var sockets = 0
    var synSent = 0
    var timeWait = 0

    /// Counts a socket's state in (`change` 1) or out (-1).
    mutating func count(_ state: TCPState, _ change: Int) {
      switch state {
      case .synSent: synSent += change
      case .timeWait: timeWait += change
      default: break
      }
    }
  }

  private struct Key: Hashable {
    var source: Address
    var destination: Endpoint
  }

  private var paths = ContiguousArray<Path>()
  private var free = ContiguousArray<UInt32>()
  private var numbers: [Key: UInt32] = [:]

  subscript(number: UInt32) -> Path {
    get { paths[Int(number)] }
    _modify { yield &paths[Int(number)] }
  }

  /// The number of a path, made where it is new.
  mutating func number(from source: Address, to destination: Endpoint) -> UInt32 {
    let key = Key(source: source, destination: destination)
    if let number = numbers[key] { return number }
    let path = Path(source: source, destination: destination)
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      paths[Int(number)] = path
    } else {
      number = UInt32(paths.count)
      paths.append(path)
    }
    numbers[key] = number
    return number
  }

  /// Forgets a path that no socket is on.
  mutating func forgetIfEmpty(_ number: UInt32) {
    let path = paths[Int(number)]
    guard path.sockets == 0 else { return }
    numbers[Key(source: path.source, destination: path.destination)] = nil
    free.append(number)
  }

  /// The paths with the most ephemeral ports in use, the fullest first.
  func fullest(_ limit: Int) -> [Path] {
    var top = Top<Path>(limit: limit)
    for (key, number) in numbers {
      let path = paths[Int(number)]
      top.offer(path, path.ephemeralPorts, else: mixed(key.source.low, key.destination.order))
    }
    return top.values
  }

  /// The destinations with the most SYN-SENT and TIME-WAIT sockets, from whichever source.
  func mostPending(_ limit: Int) -> [DestinationReport] {
    var destinations: [Endpoint: DestinationReport] = [:]
    for number in numbers.values {
      let path = paths[Int(number)]
      guard path.synSent + path.timeWait > 0 else { continue }
      destinations[
        path.destination,
        default: DestinationReport(destination: path.destination, synSent: 0, timeWait: 0)
      ].add(path)
    }
    var top = Top<DestinationReport>(limit: limit)
    for destination in destinations.values {
      top.offer(
        destination, destination.synSent + destination.timeWait,
        else: destination.destination.order)
    }
    return top.values
  }
}

extension DestinationReport {
  fileprivate mutating func add(_ path: PathTable.Path) {
    synSent += path.synSent
    timeWait += path.timeWait
  }
}

extension Endpoint {
  /// Tells endpoints apart where they weigh the same, alike at every poll.
  fileprivate var order: UInt64 { mixed(mixed(address.high, address.low), UInt64(port)) }
}

/// The few greatest of many, without sorting the rest.
private struct Top<Value> {
  let limit: Int
  private var kept: [(value: Value, weight: Int, order: UInt64)] = []

  init(limit: Int) { self.limit = limit }

  /// - Parameter order: who is first among those of one weight: the lower.
  mutating func offer(_ value: Value, _ weight: Int, else order: UInt64) {
    guard weight > 0, limit > 0 else { return }
    if kept.count == limit, let last = kept.last, (-weight, order) >= (-last.weight, last.order) {
      return
    }
    let place = kept.firstIndex { (-weight, order) < (-$0.weight, $0.order) } ?? kept.count
    kept.insert((value, weight, order), at: place)
    if kept.count > limit { kept.removeLast() }
  }

  var values: [Value] { kept.map(\.value) }
}
