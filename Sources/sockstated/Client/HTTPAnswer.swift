/// The answer to a request in HTTP/1.0, whose end is the connection's.
struct HTTPAnswer: Equatable {
  var status: Int
  var body: [UInt8]

  /// Reads a whole answer; nil where it is none, or was cut off.
  init?(_ bytes: [UInt8]) {
    guard let end = Self.endOfHead(bytes),
      let head = String(validating: bytes[..<end.lowerBound], as: UTF8.self)
    else { return nil }
    var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
    let statusLine = lines.popFirst()?.split(separator: " ", maxSplits: 2) ?? []
    guard statusLine.count >= 2, statusLine[0].hasPrefix("HTTP/1."), statusLine[1].count == 3,
      let status = Int(statusLine[1])
    else { return nil }
    self.status = status
    body = Array(bytes[end.upperBound...])
    for line in lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == " " }
      switch parts[0].lowercased() {
      case "content-length":
        guard Int(value) == body.count else { return nil }
      // An answer to HTTP/1.0 has no other encoding (RFC 9112, 6.1).
      case "transfer-encoding": return nil
      default: break
      }
    }
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Range<Int>? {
    let gap: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
    guard bytes.count >= gap.count else { return nil }
    for start in 0...bytes.count - gap.count where bytes[start] == 0x0d {
      if bytes[start..<start + gap.count].elementsEqual(gap) { return start..<start + gap.count }
    }
    return nil
  }
}
