internal import FoundationEssentials
package import SocketStates

/// What the daemon of another host says: `/api/v1/explain`, `/api/v1/findings` or `/api/v1/sockets`.
///
/// The answer may come from any program. Whatever it is, decoding gives a bounded value of visible texts, or nil.
package struct PeerAnswer: Sendable {
  /// Findings and sockets that are read of one answer, at most.
  package static let limit = 1000

  /// Its findings; those that others follow from are among them.
  package var findings: [PeerFinding]
  /// The connection that was asked for, or the sockets.
  package var sockets: [SocketReport]
  /// How the connection ended; the last end first, if its ports were used more than once.
  package var endings: [PeerEnding]
  /// Whether it does not say who is connected.
  package var hidesAddresses: Bool

  package init?(_ json: [UInt8]) {
    guard let document = try? JSONDecoder().decode(Document.self, from: Data(json)) else {
      return nil
    }
    findings = ((document.findings ?? []) + (document.causes ?? [])).prefix(Self.limit)
      .map { PeerFinding($0) }
    sockets = (document.sockets ?? []).prefix(Self.limit).compactMap { SocketReport($0) }
    endings = zip(document.ends ?? [], document.story ?? []).prefix(8).map {
      PeerEnding($0, story: $1.text)
    }
    hidesAddresses = document.addresses_hidden ?? false
  }

  /// What the finding follows from on its own host, the nearest first; without circles.
  package func causes(of finding: PeerFinding) -> [PeerFinding] {
    var chain: [PeerFinding] = []
    var next = finding
    while chain.count < 8, let reference = next.follows,
      let cause = findings.first(where: { $0.reference == reference }),
      !chain.contains(where: { $0.reference == reference })
    {
      chain.append(cause)
      next = cause
    }
    return chain
  }
}

/// How a connection ended, as its host tells.
package struct PeerEnding: Sendable {
  package var labels: GroupLabels
  package var local: Endpoint
  /// Its port is 0 if the kernel has wiped it.
  package var remote: Endpoint
  /// Its story, in sentences.
  package var story: String

  fileprivate init(_ document: EndDocument, story: String) {
    labels = document.labels.value
    local = Endpoint(document.local)
    remote = Endpoint(document.remote)
    self.story = story
  }
}

// MARK: - The documents

/// The JSON of the routes, as far as it is used. Its names are those of the fields (docs/api.md).
private struct Document: Decodable {
  var findings: [FindingDocument]?
  var causes: [FindingDocument]?
  var sockets: [SocketDocument]?
  var ends: [EndDocument]?
  var story: [BoundedText]?
  var addresses_hidden: Bool?
}

private struct EndDocument: Decodable {
  var labels: LabelsDocument
  var local: BoundedText?
  var remote: BoundedText?

  private enum Keys: CodingKey { case local, remote }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Keys.self)
    labels = try LabelsDocument(from: decoder)
    local = try fields.decodeIfPresent(BoundedText.self, forKey: .local)
    remote = try fields.decodeIfPresent(BoundedText.self, forKey: .remote)
  }
}

struct FindingDocument: Decodable {
  struct Words: Decodable {
    var headline: BoundedText
  }
  struct Peer: Decodable {
    var address: BoundedText
  }
  struct Evidence: Decodable {
    var words: BoundedText?
    var socket: SocketDocument?
    var destination: BoundedText?
    var peers: [Peer]?
    var condition: BoundedText?
  }
  struct Reference: Decodable {
    var kind: BoundedText
    var labels: LabelsDocument

    init(from decoder: any Decoder) throws {
      kind = try decoder.container(keyedBy: Keys.self).decode(BoundedText.self, forKey: .kind)
      labels = try LabelsDocument(from: decoder)
    }
    private enum Keys: CodingKey { case kind }
  }

  var kind: BoundedText
  var cause: BoundedText?
  var severity: BoundedText
  var responsible: BoundedText
  var follows: Reference?
  var evidence: [Evidence]?
  var words: Words
  var labels: LabelsDocument

  private enum Keys: CodingKey {
    case kind, cause, severity, responsible, follows, evidence, words
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Keys.self)
    kind = try fields.decode(BoundedText.self, forKey: .kind)
    cause = try fields.decodeIfPresent(BoundedText.self, forKey: .cause)
    severity = try fields.decode(BoundedText.self, forKey: .severity)
    responsible = try fields.decode(BoundedText.self, forKey: .responsible)
    follows = try fields.decodeIfPresent(Reference.self, forKey: .follows)
    evidence = try fields.decodeIfPresent([Evidence].self, forKey: .evidence)
    words = try fields.decode(Words.self, forKey: .words)
    labels = try LabelsDocument(from: decoder)
  }
}

struct LabelsDocument: Decodable {
  var process: BoundedText
  var unit: BoundedText?
  var direction: BoundedText
  /// nil is ``GroupLabels/otherPort``.
  var port: UInt16?
  var pid: Int32?
  var netns: BoundedText?

  private enum Keys: CodingKey { case process, unit, direction, port, pid, netns }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Keys.self)
    process = try fields.decode(BoundedText.self, forKey: .process)
    unit = try fields.decodeIfPresent(BoundedText.self, forKey: .unit)
    direction = try fields.decode(BoundedText.self, forKey: .direction)
    port = try? fields.decode(UInt16.self, forKey: .port)
    pid = try fields.decodeIfPresent(Int32.self, forKey: .pid)
    netns = try fields.decodeIfPresent(BoundedText.self, forKey: .netns)
  }

  /// Without the pid, which may be a label or not.
  var value: GroupLabels {
    GroupLabels(
      process: process.text, unit: unit?.text ?? "",
      direction: direction.text == Direction.inbound.label ? .inbound : .outbound, port: port,
      netns: netns?.text ?? "")
  }
}

struct SocketDocument: Decodable {
  var labels: LabelsDocument
  var state: BoundedText
  var local: BoundedText?
  var remote: BoundedText?
  var age_seconds: Double
  var age_is_lower_bound: Bool?
  var stall_reason: BoundedText?
  var stalled_seconds: Double?
  var stalled_is_lower_bound: Bool?
  var cause: BoundedText?
  var receive_queue: UInt32
  var send_queue: UInt32
  var sent_bytes: UInt64?
  var received_bytes: UInt64?

  private enum Keys: CodingKey {
    case state, local, remote, age_seconds, age_is_lower_bound, stall_reason, stalled_seconds
    case stalled_is_lower_bound, cause, receive_queue, send_queue, sent_bytes, received_bytes
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Keys.self)
    labels = try LabelsDocument(from: decoder)
    state = try fields.decode(BoundedText.self, forKey: .state)
    local = try fields.decodeIfPresent(BoundedText.self, forKey: .local)
    remote = try fields.decodeIfPresent(BoundedText.self, forKey: .remote)
    age_seconds = try fields.decode(Double.self, forKey: .age_seconds)
    age_is_lower_bound = try fields.decodeIfPresent(Bool.self, forKey: .age_is_lower_bound)
    stall_reason = try fields.decodeIfPresent(BoundedText.self, forKey: .stall_reason)
    stalled_seconds = try fields.decodeIfPresent(Double.self, forKey: .stalled_seconds)
    stalled_is_lower_bound = try fields.decodeIfPresent(
      Bool.self, forKey: .stalled_is_lower_bound)
    cause = try fields.decodeIfPresent(BoundedText.self, forKey: .cause)
    receive_queue = try fields.decode(UInt32.self, forKey: .receive_queue)
    send_queue = try fields.decode(UInt32.self, forKey: .send_queue)
    sent_bytes = try fields.decodeIfPresent(UInt64.self, forKey: .sent_bytes)
    received_bytes = try fields.decodeIfPresent(UInt64.self, forKey: .received_bytes)
  }
}

/// A text of at most 500 characters, all of them visible.
struct BoundedText: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    let whole = try decoder.singleValueContainer().decode(String.self)
    text = String(String.UnicodeScalarView(whole.unicodeScalars.prefix(500))).visible
  }
}

// MARK: - Their values

extension SocketReport {
  /// nil if it has a state that there is not.
  init?(_ document: SocketDocument) {
    guard let state = TCPState.allCases.first(where: { $0.label == document.state.text }) else {
      return nil
    }
    self.init(
      labels: document.labels.value, pid: document.labels.pid ?? 0, state: state,
      local: Endpoint(document.local), remote: Endpoint(document.remote),
      age: Int64(milliseconds: document.age_seconds), receiveQueue: document.receive_queue,
      sendQueue: document.send_queue, inode: 0)
    isAgeAtLeast = document.age_is_lower_bound ?? false
    stall = Stall.allCases.first { $0.label == document.stall_reason?.text }
    stalledFor = document.stalled_seconds.map { Int64(milliseconds: $0) }
    isStalledAtLeast = document.stalled_is_lower_bound ?? false
    cause = CloseWaitCause.allCases.first { $0.label == document.cause?.text }
    sentBytes = document.sent_bytes
    receivedBytes = document.received_bytes
  }
}

extension Endpoint {
  /// Its port is 0 if there is none.
  fileprivate init(_ text: BoundedText?) {
    self =
      text.flatMap { WrittenEndpoint($0.text)?.endpoint } ?? Endpoint(address: .anyIPv6, port: 0)
  }
}

extension Int64 {
  /// Seconds as ms; a number that is none of a time is 0, or a hundred years.
  init(milliseconds seconds: Double) {
    self = Int64(Swift.max(0, Swift.min(seconds, 3.2e9)) * 1000)
  }
}
