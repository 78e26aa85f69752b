/// Where this host connects to, and from which address: what an ephemeral port is taken for.
struct DestinationTable: ~Copyable {
  /// Number of no path.
  static let none = UInt32.max

  struct Flow {
    var source: Address
    var destination: Endpoint
    /// Sockets on the path whose local port is in the ephemeral range.
    var ephemeralPorts = 0
    /// Sockets on the path, in all.
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

  private var flows = ContiguousArray<Flow>()
  private var free = ContiguousArray<UInt32>()
  private var numbers: [Key: UInt32] = [:]

  subscript(number: UInt32) -> Flow {
    get { flows[Int(number)] }
    _modify { yield &flows[Int(number)] }
  }

  /// The number of a path, made where it is new.
  mutating func number(from source: Address, to destination: Endpoint) -> UInt32 {
    let key = Key(source: source, destination: destination)
    if let number = numbers[key] { return number }
    let flow = Flow(source: source, destination: destination)
    let number: UInt32
    if let hole = free.popLast() {
      number = hole
      flows[Int(number)] = flow
    } else {
      number = UInt32(flows.count)
      flows.append(flow)
    }
    numbers[key] = number
    return number
  }

  /// Forgets a path that no socket is on.
  mutating func forgetIfEmpty(_ number: UInt32) {
    let flow = flows[Int(number)]
    guard flow.sockets == 0 else { return }
    numbers[Key(source: flow.source, destination: flow.destination)] = nil
    free.append(number)
  }

  /// The paths with the most ephemeral ports in use, the fullest first.
  func fullest(_ limit: Int) -> [Flow] {
    var top = Top<Flow>(limit: limit) {
      ($0.destination, $0.source) < ($1.destination, $1.source)
    }
    for number in numbers.values {
      top.offer(flows[Int(number)], flows[Int(number)].ephemeralPorts)
    }
    return top.values
  }

  /// The destinations with the most SYN-SENT and TIME-WAIT sockets, from whichever source.
  func mostPending(_ limit: Int, netns: String) -> [DestinationReport] {
    var destinations: [Endpoint: DestinationReport] = [:]
    for number in numbers.values {
      let flow = flows[Int(number)]
      guard flow.synSent + flow.timeWait > 0 else { continue }
      destinations[
        flow.destination,
        default: DestinationReport(
          netns: netns, destination: flow.destination, synSent: 0, timeWait: 0)
      ].add(flow)
    }
    var top = Top<DestinationReport>(limit: limit) { $0.destination < $1.destination }
    for destination in destinations.values {
      top.offer(destination, destination.synSent + destination.timeWait)
    }
    return top.values
  }
}

extension DestinationReport {
  fileprivate mutating func add(_ flow: DestinationTable.Flow) {
    synSent += flow.synSent
    timeWait += flow.timeWait
  }
}

/// The few greatest of many, without sorting the rest.
private struct Top<Value> {
  let limit: Int
  /// Which of two equals comes first: else the choice among them would change from poll to poll.
  private let isFirst: (Value, Value) -> Bool
  private var kept: [(value: Value, weight: Int)] = []

  init(limit: Int, isFirst: @escaping (Value, Value) -> Bool) {
    self.limit = limit
    self.isFirst = isFirst
  }

  mutating func offer(_ value: Value, _ weight: Int) {
    guard weight > 0, limit > 0, kept.count < limit || weight >= kept[limit - 1].weight else {
      return
    }
    let place =
      kept.firstIndex { weight > $0.weight || weight == $0.weight && isFirst(value, $0.value) }
      ?? kept.count
    kept.insert((value, weight), at: place)
    if kept.count > limit { kept.removeLast() }
  }

  var values: [Value] { kept.map(\.value) }
}
