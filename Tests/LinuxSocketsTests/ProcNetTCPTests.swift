import Glibc
import SeededRandom
import SocketStates
import Testing

@testable import LinuxSockets

/// Feeds text in chunks of the given size.
private func parse(_ text: [UInt8], chunk: Int = .max) -> (rows: [SocketRow], skipped: UInt64) {
  var parser = ProcNetTCP()
  var rows: ContiguousArray<SocketRow> = []
  var start = 0
  while start < text.count {
    let end = start + min(chunk, text.count - start)
    parser.consume(text.span.extracting(start..<end), into: &rows)
    start = end
  }
  parser.finish(into: &rows)
  return (Array(rows), parser.linesSkipped)
}

private func parse(_ text: String) -> (rows: [SocketRow], skipped: UInt64) {
  parse(Array(text.utf8))
}

private let header = """
    sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode

  """
private let listener =
  "   0: 0100007F:2A29 00000000:0000 0A 00000000:00000003 00:00000000 00000000  1000        0 8675 1 0000000000000000 100 0 0 10 0\n"
private let established =
  "   1: 0100007F:2A29 0A0200C0:D431 01 0000001F:00000101 01:00000014 00000002     0        0 4294967295 2 0000000000000000 20 4 30 10 -1\n"
private let timeWait =
  "   2: 0100007F:2A29 0100007F:D432 06 00000000:00000000 03:00000176 00000000     0        0 0 3 0000000000000000\n"
private let sixth =
  "   3: B80D0120000000000000000001000000:01BB 0000000000000000FFFF00000A0200C0:1F90 08 00000000:00000001 02:0000EA60 00000000    33       0 77 1 0000000000000000 20 4 1 10 -1\n"

// The address words of the fixtures are those of a little-endian machine.
@Suite struct ProcNetTCPTests {
  @Test func `every field is read`() throws {
    let (rows, skipped) = parse(header + listener + established + timeWait + sixth)
    #expect(skipped == 0)
    try #require(rows.count == 4)
    #expect(rows[0].local.description == "127.0.0.1:10793")
    #expect(rows[0].remote.address == .anyIPv4)
    #expect(rows[0].state == .listen)
    #expect(rows[0].receiveQueue == 3)
    #expect(rows[0].sendQueue == 0)
    #expect(rows[0].uid == 1000)
    #expect(rows[0].inode == 8675)
    #expect(rows[1].remote.description == "192.0.2.10:54321")
    #expect(rows[1].state == .established)
    #expect(rows[1].sendQueue == 31)
    #expect(rows[1].receiveQueue == 257)
    #expect(rows[1].timer == .retransmission)
    #expect(rows[1].expires == 200)
    #expect(rows[1].retransmits == 2)
    #expect(rows[1].inode == .max)
    #expect(rows[1].cookie == 0)
    #expect(!rows[1].hasInfo)
    #expect(rows[2].state == .timeWait)
    #expect(rows[2].timer == .timeWait)
    #expect(rows[2].expires == 3740)
    #expect(rows[3].local.description == "[2001:db8::1]:443")
    #expect(rows[3].remote.description == "192.0.2.10:8080")
    #expect(rows[3].remote.address.isIPv4)
    #expect(rows[3].state == .closeWait)
    #expect(rows[3].timer == .keepalive)
  }

  @Test(arguments: [1, 2, 7, 150, 151, 4096])
  func `chunks may end anywhere`(size: Int) {
    let text = Array((header + listener + established + timeWait + sixth).utf8)
    let (rows, skipped) = parse(text, chunk: size)
    #expect(skipped == 0)
    #expect(rows.map(\.local) == parse(text).rows.map(\.local))
    #expect(rows.map(\.inode) == [8675, .max, 0, 77])
  }

  @Test func `request sockets are SYN received`() {
    let line = established.replacing(" 01 0000001F", with: " 0C 0000001F")
    #expect(parse(line).rows.map(\.state) == [.synRecv])
  }

  @Test func `extremes are clamped`() {
    let line = established.replacing("01:00000014 00000002", with: "09:FFFFFFFFFFFFFFFF 00000FFF")
    let rows = parse(line).rows
    #expect(rows.map(\.expires) == [.max])
    #expect(rows.map(\.retransmits) == [.max])
    #expect(rows.map(\.timer) == [.off])
  }

  @Test func `blank lines and headers are no sockets`() {
    let (rows, skipped) = parse(header + "\n   \n" + header + listener)
    #expect(rows.count == 1)
    #expect(skipped == 0)
  }

  static let faults: [(name: String, line: String)] = [
    ("a word", "hello"),
    ("only the slot", "   0:"),
    ("no slot", "0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    ("slot without colon", "0 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    ("cut in the local address", "0: 0100007"),
    ("cut in the remote port", "0: 0100007F:2A29 00000000:00"),
    ("cut after the state", "0: 0100007F:2A29 00000000:0000 0A"),
    ("cut in the queues", "0: 0100007F:2A29 00000000:0000 0A 00000000:"),
    ("cut in the inode", "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 86"),
    ("nothing after the inode", "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 86 "),
    ("state 0", "0: 0100007F:2A29 00000000:0000 00 0:0 00:0 0 0 0 1 1"),
    ("state 13", "0: 0100007F:2A29 00000000:0000 0D 0:0 00:0 0 0 0 1 1"),
    ("state too wide", "0: 0100007F:2A29 00000000:0000 10A 0:0 00:0 0 0 0 1 1"),
    ("port too wide", "0: 0100007F:12A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    ("address of 12 digits", "0: 0100007F0000:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    (
      "address of 40 digits",
      "0: 0000000000000000000000000000000000000000:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"
    ),
    ("not hexadecimal", "0: 0100007G:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    (
      "queue of 17 digits",
      "0: 0100007F:2A29 00000000:0000 0A 10000000000000000:0 00:0 0 0 0 1 1"
    ),
    ("uid past 32 bits", "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 4294967296 0 1 1"),
    ("negative uid", "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 -1 0 1 1"),
    ("inode past 32 bits", "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 4294967296 1"),
    (
      "inode past 64 bits",
      "0: 0100007F:2A29 00000000:0000 0A 0:0 00:0 0 0 0 99999999999999999999999 1"
    ),
    ("tabs", "0:\t0100007F:2A29\t00000000:0000\t0A\t0:0\t00:0\t0\t0\t0\t1\t1"),
    ("zero bytes", "0: \0\0\0\0\0\0\0\0:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    ("not UTF-8's business", "0: ÄÖÜ:2A29 00000000:0000 0A 0:0 00:0 0 0 0 1 1"),
    ("a line of 100,000 bytes", String(repeating: "0", count: 100_000)),
  ]

  @Test(arguments: faults)
  func `faults are skipped and counted`(fault: (name: String, line: String)) {
    let text = Array((listener + fault.line + "\n" + timeWait).utf8)
    for chunk in [Int.max, 64] {
      let (rows, skipped) = parse(text, chunk: chunk)
      #expect(rows.map(\.state) == [.listen, .timeWait], "\(fault.name)")
      #expect(skipped == 1, "\(fault.name)")
    }
  }

  /// How many mutated lines; SOCKSTATED_FUZZ_LINES raises it.
  static let fuzzLines =
    getenv("SOCKSTATED_FUZZ_LINES").flatMap { Int(String(cString: $0)) } ?? 1_000_000

  @Test func `mutated lines never crash and are all accounted for`() {
    let seeds = [listener, established, timeWait, sixth].map { line in
      Array(line.utf8.dropLast())
    }
    var random = SplitMix64(state: 0x5eed)
    var parser = ProcNetTCP()
    var rows: ContiguousArray<SocketRow> = []
    var lines = 0
    var taken = 0
    var text: [UInt8] = []
    while lines < Self.fuzzLines {
      text.removeAll(keepingCapacity: true)
      for _ in 0..<16 {
        var line = seeds[Int(random.next() % 4)]
        for _ in 0...(random.next() % 3) {
          let at = Int(random.next() % UInt64(line.count))
          switch random.next() % 4 {
          case 0: line[at] = UInt8(truncatingIfNeeded: random.next())
          case 1: line.remove(at: at)
          case 2: line.insert(line[Int(random.next() % UInt64(line.count))], at: at)
          default: line.removeSubrange((at / 2 + line.count / 2)...)
          }
          if line.isEmpty { line = [0x30] }
        }
        for index in line.indices where line[index] == 0x0a || line[index] == 0x73 {
          line[index] = 0
        }
        text += line
        text.append(0x0a)
        lines += 1
      }
      let cut = Int(random.next() % UInt64(text.count))
      parser.consume(text.span.extracting(..<cut), into: &rows)
      parser.consume(text.span.extracting(cut...), into: &rows)
      taken += rows.count
      rows.removeAll(keepingCapacity: true)
    }
    #expect(taken + Int(parser.linesSkipped) == lines)
    #expect(taken > lines / 10)
    #expect(parser.linesSkipped > UInt64(lines / 10))
  }
}
