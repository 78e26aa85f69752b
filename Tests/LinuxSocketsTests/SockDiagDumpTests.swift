import SeededRandom
import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct SockDiagDumpTests {
  @Test func `reads a socket with its attributes`() throws {
    let decoded = Decoded(
      .datagram {
        $0.message(
          NetlinkBytes.socket(state: 8)
            + NetlinkBytes.attribute(8, [3])
            + NetlinkBytes.attribute(2, NetlinkBytes.info(length: 280))
            + NetlinkBytes.attribute(21, NetlinkBytes.little(UInt64(4242))))
      })
    let row = try #require(decoded.rows.first)
    #expect(decoded.progress == .more)
    #expect(row.state == .closeWait)
    #expect(row.cookie == 0x1_0000_0002)
    #expect(row.local.description == "127.0.0.1:80")
    #expect(row.remote.description == "127.0.0.1:40000")
    #expect((row.expires, row.receiveQueue, row.sendQueue) == (1_500, 10, 20))
    #expect((row.uid, row.inode, row.cgroup) == (1000, 99, 4242))
    #expect(row.hasInfo)
    #expect(row.info.lastAckReceived == 56)
    #expect(row.info.totalRetransmits == 100)
    #expect(row.info.dataSegmentsOut == 156)
    #expect(row.info.bytesSent == 200 | 204 << 32)
    #expect(row.info.bytesRetransmitted == 208 | 212 << 32)
    #expect(row.info.reorderings == 220)
  }

  @Test func `shows an IPv4-mapped address as IPv4 and a real one as IPv6`() throws {
    var mapped = NetlinkBytes.socket(family: 10)
    mapped.replaceSubrange(8..<24, with: Array(repeating: 0, count: 10) + [255, 255, 10, 0, 0, 1])
    let decoded = Decoded(.datagram { $0.message(mapped) })
    let row = try #require(decoded.rows.first)
    #expect(row.local.description == "10.0.0.1:80")
    #expect(row.remote.description == "[::1]:40000")
  }

  @Test(arguments: [0, 1, 60, 104, 120, 136, 160, 192, 208, 216, 231, 232, 248, 280, 400])
  func `reads tcp_info to the length that is there`(length: Int) throws {
    let decoded = Decoded(
      .datagram {
        $0.message(
          NetlinkBytes.socket() + NetlinkBytes.attribute(2, NetlinkBytes.info(length: length)))
      })
    let info = try #require(decoded.rows.first).info
    #expect(info.lastAckReceived == (length >= 60 ? 56 : 0))
    #expect(info.totalRetransmits == (length >= 104 ? 100 : 0))
    #expect(info.segmentsOut == (length >= 140 ? 136 : 0))
    #expect(info.sendBufferLimited == (length >= 192 ? 184 | 188 << 32 : 0))
    #expect(info.bytesRetransmitted == (length >= 216 ? 208 | 212 << 32 : 0))
    #expect(
      info.sendWindow == (length >= 232 ? 228 : 0) && info.sendMSS == (length >= 232 ? 16 : 0))
    // Without tcpi_bytes_sent the acknowledged bytes are the nearest truth.
    #expect(info.bytesSent == (length >= 208 ? 200 | 204 << 32 : info.bytesAcked))
  }

  @Test func `sees DONE, errors inside DONE and ERROR, and acknowledgements`() {
    func end(_ type: UInt16, _ status: Int32?) -> SockDiagDump.Progress? {
      Decoded(.datagram { $0.message(type: type, status.map(NetlinkBytes.little) ?? []) }).progress
    }
    #expect(end(3, 0) == .done)
    #expect(end(3, nil) == .done)
    #expect(end(3, -105) == .failed(105))
    #expect(end(2, -2) == .failed(2))
    #expect(end(2, .min) == .failed(.min))
    #expect(end(2, 0) == .more)
  }

  @Test func `remembers that the table changed under the dump`() {
    #expect(Decoded(.datagram { $0.message(flags: 0x12, NetlinkBytes.socket()) }).wasInterrupted)
    #expect(!Decoded(.datagram { $0.message(NetlinkBytes.socket()) }).wasInterrupted)
  }

  struct Fault: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    var fault: NetlinkFault
    /// Rows before the fault, which stay true.
    var rows = 0
    var testDescription: String { name }
  }

  static let good = NetlinkBytes.datagram { $0.message(NetlinkBytes.socket()) }

  static let faults: [Fault] = [
    Fault(name: "one byte", bytes: [1], fault: .cut(at: 0)),
    Fault(name: "header cut", bytes: Array(good.prefix(15)), fault: .cut(at: 0)),
    Fault(name: "header alone, payload cut", bytes: Array(good.prefix(16)), fault: .cut(at: 0)),
    Fault(name: "last byte missing", bytes: good.dropLast(), fault: .cut(at: 0)),
    Fault(name: "second header cut", bytes: good + [1, 2, 3], fault: .cut(at: 88), rows: 1),
    Fault(
      name: "length zero", bytes: .datagram { $0.message(claiming: 0, NetlinkBytes.socket()) },
      fault: .impossibleLength(0, at: 0)),
    Fault(
      name: "length below header",
      bytes: .datagram { $0.message(claiming: 15, NetlinkBytes.socket()) },
      fault: .impossibleLength(15, at: 0)),
    Fault(
      name: "length 2³²−1",
      bytes: .datagram { $0.message(claiming: .max, NetlinkBytes.socket()) }, fault: .cut(at: 0)),
    Fault(
      name: "length beyond datagram",
      bytes: .datagram { $0.message(claiming: 89, NetlinkBytes.socket()) }, fault: .cut(at: 0)),
    Fault(
      name: "row shorter than inet_diag_msg",
      bytes: .datagram { $0.message(NetlinkBytes.socket().dropLast(4)) }, fault: .cut(at: 16)),
    Fault(
      name: "empty row", bytes: .datagram { $0.message([]) }, fault: .cut(at: 16)),
    Fault(
      name: "attribute length zero",
      bytes: .datagram {
        $0.message(NetlinkBytes.socket() + NetlinkBytes.attribute(2, [1, 2, 3, 4], claiming: 0))
      }, fault: .impossibleLength(0, at: 88)),
    Fault(
      name: "attribute length three",
      bytes: .datagram {
        $0.message(NetlinkBytes.socket() + NetlinkBytes.attribute(2, [1, 2, 3, 4], claiming: 3))
      }, fault: .impossibleLength(3, at: 88)),
    Fault(
      name: "attribute beyond message",
      bytes: .datagram {
        $0.message(NetlinkBytes.socket() + NetlinkBytes.attribute(2, [1, 2, 3, 4], claiming: 9))
        $0.message(NetlinkBytes.socket())
      }, fault: .cut(at: 88)),
    Fault(
      name: "attribute of 64 KiB",
      bytes: .datagram {
        $0.message(NetlinkBytes.socket() + NetlinkBytes.attribute(2, [], claiming: .max))
      }, fault: .cut(at: 88)),
    Fault(
      name: "another sequence",
      bytes: .datagram { $0.message(sequence: 8, NetlinkBytes.socket()) },
      fault: .foreignSequence(8)),
    Fault(
      name: "another port", bytes: .datagram { $0.message(port: 1, NetlinkBytes.socket()) },
      fault: .foreignPort(1)),
    Fault(
      name: "a type nobody asked for",
      bytes: .datagram { $0.message(type: 20, NetlinkBytes.socket()) }, fault: .unexpectedType(20)),
    Fault(name: "overrun", bytes: .datagram { $0.message(type: 4, []) }, fault: .overrun),
    Fault(
      name: "error without errno", bytes: .datagram { $0.message(type: 2, [0, 0]) },
      fault: .cut(at: 16)),
    Fault(
      name: "good row, then garbage",
      bytes: good + Array(repeating: 0xff, count: 16), fault: .cut(at: 88), rows: 1),
  ]

  @Test(arguments: faults) func `faults are named and lose no row before them`(_ fault: Fault) {
    let decoded = Decoded(fault.bytes)
    #expect(decoded.fault == fault.fault)
    #expect(decoded.rows.count == fault.rows)
  }

  @Test(arguments: [
    ("unknown family", NetlinkBytes.socket(family: 1)),
    ("state 0", NetlinkBytes.socket(state: 0)),
    ("TCP_BOUND_INACTIVE", NetlinkBytes.socket(state: 13)),
    ("state 255", NetlinkBytes.socket(state: 255)),
  ])
  func `rows that are not shown are passed over`(_: String, bytes: [UInt8]) {
    let decoded = Decoded(
      .datagram {
        $0.message(bytes)
        $0.message(NetlinkBytes.socket())
      })
    #expect(decoded.fault == nil)
    #expect(decoded.rows.count == 1)
  }

  @Test func `TCP_NEW_SYN_RECV is SYN-RECV`() {
    let decoded = Decoded(.datagram { $0.message(NetlinkBytes.socket(state: 12)) })
    #expect(decoded.rows.map(\.state) == [.synRecv])
  }

  /// A million mutations of real shapes: nothing may crash, and no row may come from nowhere.
  @Test func `a million mutated datagrams do no harm`() {
    let seed = NetlinkBytes.datagram {
      $0.message(
        NetlinkBytes.socket() + NetlinkBytes.attribute(2, NetlinkBytes.info(length: 40))
          + NetlinkBytes.attribute(21, NetlinkBytes.little(UInt64(1))))
      $0.message(type: 3, NetlinkBytes.little(Int32(0)))
    }
    var generator = SplitMix64(state: 20_261_123)
    var dump = SockDiagDump(
      sequence: NetlinkBytes.sequence, port: NetlinkBytes.port, messageType: NetlinkBytes.rowType)
    var rows = ContiguousArray<SocketRow>()
    var faults = 0
    for _ in 0..<1_000_000 {
      var bytes = seed
      for _ in 0...Int(generator.next() % 4) {
        bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(
          truncatingIfNeeded: generator.next())
      }
      let length =
        generator.next() % 8 == 0 ? Int(generator.next() % UInt64(bytes.count)) : bytes.count
      rows.removeAll(keepingCapacity: true)
      do throws(NetlinkFault) {
        _ = try dump.decode(bytes.span.bytes.extracting(first: length), into: &rows)
      } catch {
        faults += 1
      }
      if rows.count > 1 { Issue.record("\(rows.count) rows from one message") }
    }
    #expect(faults > 100_000)
  }
}

extension [UInt8] {
  static func datagram(_ build: (inout NetlinkBytes) -> Void) -> [UInt8] {
    NetlinkBytes.datagram(build)
  }
}
