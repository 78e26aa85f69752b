/// What goes wrong with peers.
package enum PeerTrouble: Int, Sendable, CaseIterable {
  /// Segments had to be sent again to it.
  case retransmits
  /// Connection attempts to it failed.
  case failures
  /// Connections with it broke: they were reset, aborted or timed out.
  case endings

  /// As JSON names it.
  package var label: String {
    switch self {
    case .retransmits: "retransmitted_segments"
    case .failures: "connect_failures"
    case .endings: "connections_broken"
    }
  }
}

/// The peers of a group with which something goes wrong most often.
package struct WorstPeers: Sendable {
  package var trouble: PeerTrouble
  /// How often, with all peers.
  package var total: UInt64
  /// The first five. If there were more peers than are kept apart, each number is a lower bound.
  package var peers: [(address: Address, count: UInt64)]
}

/// Counts trouble by peer over the last one to two minutes, in bounded memory.
struct PeerTally {
  /// Peers that are kept apart.
  private static let capacity = 16
  private static let told = 5
  /// ms of one of the two spans that are counted together.
  private static let span: Int64 = 60_000

  private var counts: [Address: UInt64] = [:]
  private var before: [Address: UInt64] = [:]
  private var totals: (now: UInt64, before: UInt64) = (0, 0)
  private var began: Int64 = 0

  /// Counts trouble with a peer.
  /// - Parameter now: monotonic ms.
  mutating func note(_ address: Address, _ count: UInt64 = 1, at now: Int64) {
    advance(to: now)
    totals.now += count
    if counts[address] == nil, counts.count >= Self.capacity {
      // Misra and Gries: what is taken from all alike leaves those that come most often.
      let least = min(count, counts.values.min() ?? 0)
      counts = counts.compactMapValues { $0 > least ? $0 - least : nil }
      if count > least { counts[address] = count - least }
    } else {
      counts[address, default: 0] += count
    }
  }

  /// Those of the last one to two minutes, the worst first; nil if there was no trouble.
  func worst(of trouble: PeerTrouble, at now: Int64) -> WorstPeers? {
    guard began > 0, now - began < 2 * Self.span else { return nil }
    var tally = self
    tally.advance(to: now)
    let all = tally.counts.merging(tally.before, uniquingKeysWith: +)
    let worst = all.sorted { ($0.value, $1.key.low) > ($1.value, $0.key.low) }.prefix(Self.told)
    return WorstPeers(
      trouble: trouble, total: tally.totals.now + tally.totals.before,
      peers: worst.map { ($0.key, $0.value) })
  }

  private mutating func advance(to now: Int64) {
    guard now - began >= Self.span else { return }
    let isRecent = began > 0 && now - began < 2 * Self.span
    (before, totals.before) = isRecent ? (counts, totals.now) : ([:], 0)
    (counts, totals.now) = ([:], 0)
    began = isRecent ? began + Self.span : now
  }
}
