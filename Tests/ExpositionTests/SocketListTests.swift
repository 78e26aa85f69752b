import Exposition
import Foundation
import SocketStates
import Testing

@Suite struct SocketListTests {
  private static func report(_ count: Int) -> Report {
    let labels = GroupLabels(process: "x", unit: "", direction: .outbound, port: 80)
    let end = Endpoint(address: .anyIPv4, port: 80)
    var namespace = NamespaceReport(netns: "")
    namespace.sockets = (0..<count).map { number in
      SocketReport(
        labels: labels, pid: 7, state: number == count - 1 ? .listen : .established, local: end,
        remote: end, age: 1, receiveQueue: UInt32(number), sendQueue: 0, inode: 1)
    }
    return Report(sequence: 1, time: 1, source: .sockDiag, namespaces: [namespace])
  }

  private struct List: Decodable {
    struct Socket: Decodable {
      var receive_queue: Int
    }
    var sockets: [Socket]
  }

  @Test(arguments: [0, 1, 500, 20_000]) func `a list of any length is whole, in small pieces`(
    count: Int
  ) throws {
    let report = Self.report(count)
    for (filter, expected) in [
      (SocketFilter(), Array(0..<count)), (SocketFilter(state: "close"), []),
      // The last alone: the pieces before it are empty.
      (SocketFilter(state: "listen"), count == 0 ? [] : [count - 1]),
    ] {
      let pieces = Array(SocketListJSON(report, filter, showsAddresses: true))
      #expect(pieces.allSatisfy { $0.count < 70_000 })
      let list = try JSONDecoder().decode(List.self, from: Data(pieces.joined()))
      #expect(list.sockets.map(\.receive_queue) == expected)
      #expect(pieces.last?.suffix(3) == Array("]}\n".utf8))
      #expect(
        Array(pieces.joined()) == ReportJSON.sockets(report, filter, showsAddresses: true))
    }
  }
}
