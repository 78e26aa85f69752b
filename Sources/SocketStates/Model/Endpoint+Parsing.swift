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

/// An endpoint as people write it and programs log it: `192.0.2.1:443`, `[2001:db8::1]:443`, and with the
/// zone of a link-local address or the device of a socket, `[fe80::1%eth0]:9200`; also `::ffff:192.0.2.1:443` (Node)
/// and `host/192.0.2.1:443` (Java).
package struct WrittenEndpoint: Sendable, Equatable {
  /// Its device is 1 if there is a zone.
  package private(set) var endpoint: Endpoint
  /// The name or the index of a device; empty if there is none.
  private var zone = ""

  /// - Returns: nil if it is none.
  package init?(_ text: String) {
    let text = text.split(separator: "/").last ?? ""
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    let isBracketed = host.first == "[" && host.last == "]"
    if isBracketed { host = host.dropFirst().dropLast() }
    if host.contains("."), host.lowercased().hasPrefix("::ffff:") {
      host = host.dropFirst("::ffff:".count)
    } else if !isBracketed, host.contains(":") {
      return nil
    }
    if let percent = host.firstIndex(of: "%") {
      zone = String(host[host.index(after: percent)...])
      guard !zone.isEmpty else { return nil }
      host = host[..<percent]
    }
    guard let address = Address(host) else { return nil }
    // The number says only whether there is a zone.
    endpoint = Endpoint(address: address, port: port, device: zone.isEmpty ? 0 : 1)
  }

  /// The port, if the address stands for this host: loopback, or any.
  package var portOfThisHost: UInt16? {
    let isHere = endpoint.address.isLoopback || [.anyIPv4, .anyIPv6].contains(endpoint.address)
    return isHere ? endpoint.port : nil
  }

  /// What is missing to tell it from the same address on another link; nil if nothing is.
  package var complaint: String? {
    guard endpoint.address.isLinkLocal, zone.isEmpty else { return nil }
    let example = Endpoint(address: endpoint.address, port: endpoint.port, device: 1)
    return
      "\(self): a link-local address needs its zone, as in \(example.text(device: "eth0"))"
  }

  /// Whether it may be this endpoint, whose address the kernel may have wiped.
  package func mayMean(_ other: Endpoint) -> Bool {
    endpoint.port == other.port
      && (endpoint.address == other.address || [.anyIPv4, .anyIPv6].contains(other.address))
  }

  /// Whether it is this endpoint, on a device of that name; without a zone on any.
  package func means(_ other: Endpoint, on device: String = "") -> Bool {
    endpoint.address == other.address && endpoint.port == other.port
      && (zone.isEmpty || device.isEmpty || zone == device || zone == "\(other.device)")
  }
}

extension WrittenEndpoint: CustomStringConvertible {
  package var description: String { endpoint.text(device: zone) }
}

extension SocketReport {
  /// Whether these are its ends, in either order.
  package func connects(_ one: WrittenEndpoint, _ other: WrittenEndpoint) -> Bool {
    let isBetween = { (one: WrittenEndpoint, other: WrittenEndpoint) in
      one.means(local, on: device) && other.means(remote, on: device)
    }
    return isBetween(one, other) || isBetween(other, one)
  }
}
