package import SocketStates

/// The findings of many hosts, joined where the cause of one is on another.
package struct Fleet: Sendable {
  /// Findings that are kept of one host, at most.
  package static let findingLimit = 256
  /// Findings one beneath the other, at most: a longer chain, or a circle, is cut.
  private static let longestChain = 16

  /// What one host said.
  package struct Host: Sendable {
    package var name: String
    /// By which others know it.
    package var addresses: Set<Address>
    package var findings: [PeerFinding] = []
    /// Why it did not answer; nil if it did.
    package var trouble: String?
    package var hidesAddresses = false

    package init(name: String, addresses: Set<Address>) {
      self.name = name
      self.addresses = addresses
    }
  }

  /// A finding with what follows from it.
  struct Node: Sendable {
    var host: Int
    var finding: PeerFinding
    /// The gravest of it and what follows.
    var severity: Finding.Severity
    var followers: [Node] = []

    /// How many follow, directly or not.
    var count: Int { followers.reduce(0) { $0 + 1 + $1.count } }
  }

  package let hosts: [Host]
  /// First causes, the gravest and those with the most consequences first.
  let roots: [Node]
  /// Of each host, the findings whose cause may be there, and that did not find it.
  let open: [Int: Int]

  package init(_ hosts: [Host]) {
    self.hosts = hosts
    var joints = Joints(hosts)
    joints.cutCircles()
    roots = joints.roots.sorted { one, other in
      (one.severity, one.count, hosts[other.host].name)
        > (other.severity, other.count, hosts[one.host].name)
    }
    open = joints.open
  }

  /// The number of one finding of one host.
  private struct Place: Hashable {
    var host: Int
    var finding: Int
  }

  private struct Joints {
    let hosts: [Host]
    var causes: [Place: Place] = [:]
    var open: [Int: Int] = [:]

    init(_ hosts: [Host]) {
      self.hosts = hosts
      var byAddress: [Address: Int] = [:]
      for (number, host) in hosts.enumerated() {
        for address in host.addresses { byAddress[address] = byAddress[address] ?? number }
      }
      for (number, host) in hosts.enumerated() {
        let known = Dictionary(
          host.findings.indices.map { (host.findings[$0].reference, $0) },
          uniquingKeysWith: { first, _ in first })
        for (index, finding) in host.findings.enumerated() {
          let place = Place(host: number, finding: index)
          if let cause = finding.follows.flatMap({ known[$0] }) {
            causes[place] = Place(host: number, finding: cause)
          } else {
            causes[place] = elsewhere(finding, from: number, byAddress)
          }
        }
      }
    }

    private mutating func elsewhere(
      _ finding: PeerFinding, from number: Int, _ byAddress: [Address: Int]
    ) -> Place? {
      let targets = PeerQuestion.all(of: finding).compactMap { question in
        byAddress[question.remote.address].map { (question, $0) }
      }.filter { $0.1 != number }
      for (question, host) in targets {
        if let index = question.causeIndex(in: hosts[host].findings) {
          return Place(host: host, finding: index)
        }
      }
      for (_, host) in targets { open[host, default: 0] += 1 }
      return nil
    }

    mutating func cutCircles() {
      for place in causes.keys.sorted(by: { ($0.host, $0.finding) < ($1.host, $1.finding) }) {
        var seen: Set<Place> = [place]
        var next = causes[place]
        while let current = next {
          guard seen.insert(current).inserted, seen.count <= Fleet.longestChain else {
            causes[place] = nil
            break
          }
          next = causes[current]
        }
      }
    }

    var roots: [Node] {
      var followers: [Place: [Place]] = [:]
      for (place, cause) in causes { followers[cause, default: []].append(place) }
      func node(_ place: Place) -> Node {
        let below = (followers[place] ?? []).map(node).sorted {
          (hosts[$0.host].name, $0.finding.headline) < (hosts[$1.host].name, $1.finding.headline)
        }
        let finding = hosts[place.host].findings[place.finding]
        return Node(
          host: place.host, finding: finding,
          severity: max(finding.severity, below.map(\.severity).max() ?? .normal),
          followers: below)
      }
      return hosts.indices.flatMap { number in
        hosts[number].findings.indices.map { Place(host: number, finding: $0) }
      }.filter { causes[$0] == nil }.map(node)
    }
  }
}
