/// Where this host connects to, and from which address: what an ephemeral port is taken for.
struct DestinationTable: ~Copyable {
  /// Number of no path.
  static let none = UInt32.max

  struct Flow {
    var source: Address
    var destination: Endpoint
    /// Sockets on the path, in all.
    var sockets = 0
    var synSent = 0
    var timeWait = 0
    var seen = SeenProcesses.nobody
    /// Number of its source.
    fileprivate var sourceNumber: Int
    /// The poll that the counts of ports are of.
    fileprivate var poll: UInt32 = 0
    /// Connections that hold an ephemeral port.
    fileprivate var connected = 0
    /// Of these, the ones whose port bind(2) has taken.
    fileprivate var bound = 0

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

  /// A local address, and the ephemeral ports that one poll has found in use there.
  private struct Source {
    var address: Address
    /// The poll that the rest is of.
    var poll: UInt32 = 0
    /// Connections that hold an ephemeral port.
    var connections = 0
    /// The ports of ``connections``.
    var ports = PortSet()
    /// Sockets whose port bind(2) has taken.
    var bound = 0
  }

  /// Source addresses whose ports are told apart: they are 8 KB each.
  private static let sourceLimit = 1024

  private var flows = ContiguousArray<Flow>()
  private var free = ContiguousArray<UInt32>()
  private var numbers: [Key: UInt32] = [:]
  private var sources = ContiguousArray<Source>()
  private var sourceNumbers: [Address: Int] = [:]
  /// The ephemeral ports that bind(2) has taken, at whichever address.
  private var taken = PortSet()
  /// Counts the polls.
  private var poll: UInt32 = 0

  subscript(number: UInt32) -> Flow {
    get { flows[Int(number)] }
    _modify { yield &flows[Int(number)] }
  }

  /// The number of a path, made where it is new.
  mutating func number(from source: Address, to destination: Endpoint) -> UInt32 {
    let key = Key(source: source, destination: destination)
    if let number = numbers[key] { return number }
    let flow = Flow(
      source: source, destination: destination, sourceNumber: sourceNumber(of: source))
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

/// Ephemeral ports: which are in use is counted anew in each poll.
extension DestinationTable {
  /// Forgets which ports are in use, and the sources that the last poll has not seen.
  mutating func beginPoll() {
    taken.removeAll()
    poll &+= 1
    guard sources.count == Self.sourceLimit else { return }
    // Rare: they come anew as they are seen.
    sources.removeAll()
    sourceNumbers.removeAll()
    for number in numbers.values {
      flows[Int(number)].sourceNumber = sourceNumber(of: flows[Int(number)].source)
    }
  }

  /// Counts a port that bind(2) has taken.
  mutating func bind(_ local: Endpoint) {
    taken.insert(local.port)
    let number = sourceNumber(of: local.address)
    guard number >= 0 else { return }
    renew(number)
    sources[number].bound += 1
  }

  /// Counts the port of a connection, after those that bind(2) has taken.
  mutating func connect(_ port: UInt16, on number: UInt32) {
    let index = Int(number)
    if flows[index].poll != poll {
      flows[index].poll = poll
      flows[index].connected = 0
      flows[index].bound = 0
    }
    flows[index].connected += 1
    if taken.contains(port) { flows[index].bound += 1 }
    let source = flows[index].sourceNumber
    guard source >= 0 else { return }
    renew(source)
    sources[source].connections += 1
    sources[source].ports.insert(port)
  }

  /// The sources and destinations with the fewest ephemeral ports left, the fullest first.
  func fullest(_ limit: Int, of ports: EphemeralPorts, netns: String) -> [EphemeralPortsReport] {
    let any = Endpoint(address: .anyIPv6, port: 0)
    var top = Top<EphemeralPortsReport>(limit: limit) {
      ($0.destination ?? any, $0.source) < ($1.destination ?? any, $1.source)
    }
    let exclusive = exclusiveSources(ports)
    for number in numbers.values {
      let flow = flows[Int(number)]
      guard flow.poll == poll, flow.connected > 0 else { continue }
      let all = exclusive[flow.sourceNumber]
      let bound = all ?? taken.count
      var report = EphemeralPortsReport(
        netns: netns, source: flow.source, destination: flow.destination,
        used: all ?? flow.connected - flow.bound + taken.count, bound: bound,
        limit: ports.available, seen: flow.seen)
      report.timeWaitReuse = ports.timeWaitReuse
      top.offer(report, report.used)
    }
    for report in bound(exclusive, ports, netns) { top.offer(report, report.used) }
    return top.values
  }

  /// What is taken for every destination: by sockets that were seen bound, and at addresses where all ports are
  /// taken so.
  private func bound(_ exclusive: [Int: Int], _ ports: EphemeralPorts, _ netns: String)
    -> [EphemeralPortsReport]
  {
    func report(_ source: Source, _ used: Int) -> EphemeralPortsReport {
      EphemeralPortsReport(
        netns: netns, source: source.address, destination: nil, used: used, bound: used,
        limit: ports.available)
    }
    var reports = exclusive.map { number, used in
      var report = report(sources[number], used)
      report.isDeduced = true
      return report
    }
    let poll = poll
    let most = sources.filter { $0.poll == poll && $0.bound > 0 }.max {
      ($0.bound, $1.address) < ($1.bound, $0.address)
    }
    if let most, exclusive.isEmpty { reports.append(report(most, taken.count)) }
    return reports
  }

  /// The sources whose connections show that bind(2) took the ports of all of them, and how many ports
  /// cannot be used there.
  ///
  /// connect(2) takes only ports of its first choice for each destination while one of these is left, and so
  /// shares them among destinations. More ports than that, no destination that has used these up, and not
  /// one port shared: nothing but bind(2) before connect(2) does that.
  private func exclusiveSources(_ ports: EphemeralPorts) -> [Int: Int] {
    var suspects = sources.indices.filter {
      sources[$0].poll == poll && sources[$0].ports.count == sources[$0].connections
        && sources[$0].connections > ports.available / 4
    }
    guard !suspects.isEmpty else { return [:] }
    let firstChoice = ports.firstChoice(without: taken)
    suspects = suspects.filter { sources[$0].ports.count > firstChoice }
    guard !suspects.isEmpty else { return [:] }
    var exclusive = Dictionary(
      uniqueKeysWithValues: suspects.map {
        ($0, sources[$0].ports.count(withThoseOf: taken))
      })
    for number in numbers.values {
      let flow = flows[Int(number)]
      if flow.poll == poll, flow.connected > firstChoice { exclusive[flow.sourceNumber] = nil }
    }
    return exclusive
  }

  /// The number of a source, made where it is new; -1 if there are too many.
  private mutating func sourceNumber(of address: Address) -> Int {
    if let number = sourceNumbers[address] { return number }
    guard sources.count < Self.sourceLimit else { return -1 }
    sources.append(Source(address: address))
    sourceNumbers[address] = sources.count - 1
    return sources.count - 1
  }

  private mutating func renew(_ number: Int) {
    guard sources[number].poll != poll else { return }
    sources[number].poll = poll
    sources[number].connections = 0
    sources[number].bound = 0
    sources[number].ports.removeAll()
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
