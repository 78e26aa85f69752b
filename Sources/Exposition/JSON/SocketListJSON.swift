package import SocketStates

/// `/api/v1/sockets` and `/api/v1/connections`: what is asked for, one by one, in pieces: the list may be long, and
/// is written no faster than it is read.
package struct SocketListJSON: Sequence, IteratorProtocol, Sendable {
  private static let pieceSize = 64 * 1024
  /// Elements that are looked at for a piece, however few are asked for.
  private static let maximumStep = 4096

  private let sockets: [SocketReport]
  private let filter: SocketFilter
  private let ended: [EndedConnection]
  private let showsAddresses: Bool
  private let opening: [UInt8]
  private var position = 0
  private var hasElements = false
  private var isOver = false

  /// - Parameters:
  ///   - report: with its sockets.
  ///   - showsAddresses: whether the client may see who is connected.
  package init(_ report: Report, _ filter: SocketFilter, showsAddresses: Bool) {
    self.init(report, "sockets", report.sockets ?? [], filter, [], showsAddresses)
  }

  /// The connections that are asked for: those that have ended, the last first, then those that live.
  package init(_ report: Report, _ filter: ConnectionFilter, showsAddresses: Bool) {
    let (living, ended) = filter.connections(in: report)
    self.init(report, "connections", living, SocketFilter(), ended, showsAddresses)
  }

  private init(
    _ report: Report, _ name: String, _ sockets: [SocketReport], _ filter: SocketFilter,
    _ ended: [EndedConnection], _ showsAddresses: Bool
  ) {
    self.sockets = sockets
    self.filter = filter
    self.ended = ended
    self.showsAddresses = showsAddresses
    let empty = ReportJSON.document(report) { json in json.array(name) { _ in } }
    opening = Array(empty.dropLast(Self.closing.count))
  }

  private static let closing = Array("]}\n".utf8)

  package mutating func next() -> [UInt8]? {
    guard !isOver else { return nil }
    var json = JSONWriter(bytes: position == 0 ? opening : [], needsComma: hasElements)
    let count = ended.count + sockets.count
    let end = Swift.min(position + Self.maximumStep, count)
    while position < end, json.bytes.count < Self.pieceSize {
      if position < ended.count {
        json.object { ReportJSON.write(ended[position], showsAddresses, to: &$0) }
        hasElements = true
      } else if filter.admits(sockets[position - ended.count]) {
        json.object {
          ReportJSON.write(sockets[position - ended.count], showsAddresses, to: &$0)
        }
        hasElements = true
      }
      position += 1
    }
    isOver = position == count
    return json.bytes + (isOver ? Self.closing : [])
  }
}
