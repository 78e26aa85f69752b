import Configuration
import Exposition
import NIOCore
import SocketStates

/// Asks all hosts of a fleet once.
enum FleetRound {
  /// Hosts that are asked at a time: as many answers are in memory, and as many descriptors are open.
  static let width = 128

  /// What each said, in the order of the targets.
  static func hosts(_ targets: [TargetList.Target], _ client: PeerClient) async -> [Fleet.Host] {
    var hosts = targets.map { target in
      Fleet.Host(
        name: "\(target)", addresses: Set([Address(target.host)].compactMap(\.self)))
    }
    await withTaskGroup(of: (Int, Fleet.Host).self) { group in
      var next = 0
      func askNext() {
        guard next < targets.count else { return }
        let (number, target, host) = (next, targets[next], hosts[next])
        next += 1
        group.addTask { (number, await ask(target, host, client)) }
      }
      for _ in 0..<width { askNext() }
      while let (number, host) = await group.next() {
        hosts[number] = host
        askNext()
      }
    }
    return hosts
  }

  private static func ask(
    _ target: TargetList.Target, _ host: Fleet.Host, _ client: PeerClient
  ) async -> Fleet.Host {
    var host = host
    let asked = client.ask(target.host, port: target.port, "/api/v1/findings")
    guard let (outcome, address) = try? await asked.get() else {
      host.trouble = "no response"
      return host
    }
    if let address { host.addresses.insert(address) }
    switch outcome {
    case .answer(let answer):
      host.findings = Array(answer.findings.prefix(Fleet.findingLimit))
      host.hidesAddresses = answer.hidesAddresses
    case .nothing: host.trouble = "it does not know its findings"
    case .hidden: host.trouble = "it refuses to answer this client"
    case .failed(let reason): host.trouble = reason
    }
    return host
  }
}
