import MetricsServer
import NIOCore

/// Responses made of the last report: whoever asks for the same is sent the same bytes. Some are kept until
/// the next report, large ones for as long as somebody is sent them.
struct ResponseCache<Variant: Hashable & Sendable>: Sendable {
  private struct Entry: Sendable {
    /// Without its body.
    var response: HTTPResponse
    weak var body: ResponseBody?
  }

  private static var maximumCount: Int { 64 }

  private let maximumBytes: Int
  private var sequence: UInt64 = 0
  private var entries: [Variant: Entry] = [:]
  private var kept: [ResponseBody] = []
  private var bytesKept = 0

  /// - Parameter maximumBytes: of bodies that are kept though nobody is sent them.
  init(keeping maximumBytes: Int) {
    self.maximumBytes = maximumBytes
  }

  /// What was made of a report, and is there still.
  mutating func response(of sequence: UInt64, as variant: Variant) -> HTTPResponse? {
    if self.sequence != sequence || entries.count >= Self.maximumCount {
      self = ResponseCache(keeping: maximumBytes)
      self.sequence = sequence
    }
    guard let entry = entries[variant], let body = entry.body else { return nil }
    var response = entry.response
    response.body = body
    return response
  }

  /// Adds what has been made of the report that was last asked for.
  mutating func insert(_ response: HTTPResponse, as variant: Variant) {
    // What is made piece by piece is made for each.
    guard response.pieces == nil else { return }
    var entry = Entry(response: response, body: response.body)
    entry.response.body = ResponseBody(ByteBuffer())
    entries[variant] = entry
    guard bytesKept + response.body.size <= maximumBytes else { return }
    kept.append(response.body)
    bytesKept += response.body.size
  }
}

/// Answers queries, one at a time: what is made for one is there for the next who asks the same, and does
/// not take memory beside another.
actor QueryResponses {
  /// A query as it was asked, and what else its answer depends on.
  struct Variant: Hashable, Sendable {
    var path: String
    var query: [QueryItem]
    var accept: String?
    var showsAddresses: Bool
    /// What cannot be seen is said; it only grows.
    var notVisible: Int
  }

  private var cache = ResponseCache<Variant>(keeping: 4 << 20)

  func response(
    of sequence: UInt64, as variant: Variant, make: @Sendable () -> HTTPResponse
  ) -> HTTPResponse {
    if let known = cache.response(of: sequence, as: variant) { return known }
    let response = make()
    cache.insert(response, as: variant)
    return response
  }
}
