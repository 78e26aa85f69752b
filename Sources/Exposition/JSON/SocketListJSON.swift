package import SocketStates

/// `/api/v1/sockets`: the sockets that are asked for, one by one, in pieces: the list may be long, and is
/// written no faster than it is read.
package struct SocketListJSON: Sequence, IteratorProtocol, Sendable {
  private static let pieceSize = 64 * 1024
  /// Sockets that are looked at for a piece, however few are asked for.
  private static let maximumStep = 4096

  private let sockets: [SocketReport]
  private let filter: SocketFilter
  private let showsAddresses: Bool
  private let opening: [UInt8]
  private var position = 0
  private var hasElements = false
  private var isOver = false

  /// - Parameters:
  ///   - report: with its sockets.
  ///   - showsAddresses: whether the client may see who is connected.
  package init(_ report: Report, _ filter: SocketFilter, showsAddresses: Bool) {
    sockets = report.sockets ?? []
    self.filter = filter
    self.showsAddresses = showsAddresses
    let empty = ReportJSON.document(report) { json in json.array("sockets") { _ in } }
    opening = Array(empty.dropLast(Self.closing.count))
  }

  private static let closing = Array("]}\n".utf8)

  package mutating func next() -> [UInt8]? {
    guard !isOver else { return nil }
    var json = JSONWriter(bytes: position == 0 ? opening : [], needsComma: hasElements)
    let end = Swift.min(position + Self.maximumStep, sockets.count)
    while position < end, json.bytes.count < Self.pieceSize {
      let socket = sockets[position]
      if filter.admits(socket) {
        json.object { ReportJSON.write(socket, showsAddresses, to: &$0) }
        hasElements = true
      }
      position += 1
    }
    isOver = position == sockets.count
    return json.bytes + (isOver ? Self.closing : [])
  }
}
