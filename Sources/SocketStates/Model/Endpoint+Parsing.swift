extension Address {
  /// Reads what `description` writes: a dotted quad, or IPv6 (RFC 4291, 2.2; no zone, and no dotted
  /// quad inside).
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    if parts.count == 4 {
      var word: UInt32 = 0
      for part in parts {
        guard part.count <= 3, part.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let byte = UInt8(part)
        else { return nil }
        word = word << 8 | UInt32(byte)
      }
      self.init(ipv4: word)
      return
    }
    guard let words = Self.words(of: text) else { return nil }
    let join = { (words: ArraySlice<UInt16>) in words.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
    self.init(high: join(words[..<4]), low: join(words[4...]))
  }

  private static func words(of text: some StringProtocol) -> [UInt16]? {
    func words(_ text: some StringProtocol) -> [UInt16]? {
      if text.isEmpty { return [] }
      var words: [UInt16] = []
      for part in text.split(separator: ":", omittingEmptySubsequences: false) {
        guard 1...4 ~= part.utf8.count, part.utf8.first != UInt8(ascii: "+"),
          let word = UInt16(part, radix: 16)
        else { return nil }
        words.append(word)
      }
      return words
    }
    guard let gap = text.doubleColon else {
      return words(text).flatMap { $0.count == 8 ? $0 : nil }
    }
    guard let head = words(text[..<gap.lowerBound]), let tail = words(text[gap.upperBound...]),
      head.count + tail.count < 8
    else { return nil }
    return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
  }
}

extension StringProtocol {
  fileprivate var doubleColon: Range<Index>? {
    var index = startIndex
    while index < endIndex {
      let next = self.index(after: index)
      if next < endIndex, self[index] == ":", self[next] == ":" {
        return index..<self.index(after: next)
      }
      index = next
    }
    return nil
  }
}

extension Endpoint {
  /// Reads what `description` writes: `192.0.2.1:443`, `[2001:db8::1]:443`, `[fe80::1%2]:443`.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    var device: UInt32 = 0
    if let percent = host.firstIndex(of: "%") {
      guard let index = UInt32(host[host.index(after: percent)...]), index > 0 else { return nil }
      device = index
      host = host[..<percent]
    }
    guard let address = Address(host) else { return nil }
    self.init(address: address, port: port, device: device)
  }
}
