import Exposition
import MetricsServer
import SocketStates

/// What is asked of a report: commands write it as the query of a route, routes read it from there.
struct ReportQuery: Sendable {
  /// A parameter of a query. All but `flag` may be given once.
  enum Parameter: String, CaseIterable {
    case subject, local, remote, how, state, process, port, pid, sort, width, color, charset, flag
  }

  /// The parameters that say which sockets are meant.
  static let filter: [Parameter] = [.state, .process, .port, .pid]
  /// The parameters of a table.
  static let table = filter + [.sort, .width, .color, .charset]
  /// The parameters of an explanation.
  static let explanation: [Parameter] = [.subject, .width, .color, .charset, .flag]
  /// The parameters that say which connections are meant.
  static let connections: [Parameter] = [.local, .remote, .process, .port, .how]

  /// Columns that a reader may ask for.
  static let widths = 20...1000

  /// What is wrong with a query, in one line without a full stop.
  struct Failure: Error {
    var message: String
  }

  var view = TextView()
  /// The process, port or pid that is asked about, as it was given; empty: all of the host.
  var subject = ""
  /// Which connections are asked for.
  var connections = ConnectionFilter()

  init() {}

  /// Reads a query. What it does not know is an error: a filter that is not understood must not be one
  /// that admits everything.
  init(_ items: [QueryItem], allowed: [Parameter]) throws(Failure) {
    var seen: Set<Parameter> = []
    var flags: [String] = []
    for item in items {
      guard let parameter = allowed.first(where: { $0.rawValue == item.name }) else {
        throw Self.unknown(item.name, allowed)
      }
      guard seen.insert(parameter).inserted || parameter == .flag else {
        throw Failure(message: "\(parameter): given more than once")
      }
      switch parameter {
      case .subject: subject = item.value
      case .local: connections.local = item.value
      case .remote: connections.remote = item.value
      case .how: connections.how = item.value
      case .state: view.filter.state = item.value
      case .process: view.filter.process = item.value
      case .port: view.filter.port = item.value
      case .pid: view.filter.pid = item.value
      case .sort: view.order = try Self.order(item.value)
      case .width: view.style.width = try Self.width(item.value)
      case .color: view.style.isColoured = try Self.choice(item, "always", "never")
      case .charset: view.style.isASCII = try Self.choice(item, "ascii", "utf-8")
      case .flag: flags.append(item.value)
      }
    }
    connections.process = view.filter.process
    connections.port = view.filter.port
    if let complaint = view.filter.complaint ?? connections.complaint {
      throw Failure(message: complaint)
    }
    view.invocation = try Self.invocation(flags)
  }

  /// The query that asks for this, of the parameters that a route has.
  func items(_ parameters: [Parameter]) -> [(name: String, value: String)] {
    parameters.flatMap { parameter in
      let values: [String?] =
        switch parameter {
        case .subject: [subject.isEmpty ? nil : subject]
        case .local: [connections.local]
        case .remote: [connections.remote]
        case .how: [connections.how]
        case .state: [view.filter.state]
        case .process: [view.filter.process]
        case .port: [view.filter.port]
        case .pid: [view.filter.pid]
        case .sort: [view.order.rawValue]
        case .width: [view.style.width.map(String.init)]
        case .color: [view.style.isColoured ? "always" : "never"]
        case .charset: view.style.isASCII ? ["ascii"] : []
        case .flag: view.invocation.flags
        }
      return values.compactMap { value in value.map { (parameter.rawValue, $0) } }
    }
  }

  private static func unknown(_ name: String, _ allowed: [Parameter]) -> Failure {
    let name = TerminalText.truncated(name, to: 40).visible
    let list = allowed.map(\.rawValue).joined(separator: ", ")
    return Failure(
      message:
        "\(name): no such parameter; \(list.isEmpty ? "none is allowed" : "allowed: \(list)")")
  }

  private static func order(_ text: String) throws(Failure) -> GroupOrder {
    guard let order = GroupOrder(rawValue: text) else {
      let allowed = GroupOrder.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(message: "sort: no such order; allowed: \(allowed)")
    }
    return order
  }

  private static func width(_ text: String) throws(Failure) -> Int {
    guard let width = Int(text), widths.contains(width) else {
      throw Failure(
        message: "width: not a width; allowed: \(widths.lowerBound) to \(widths.upperBound)")
    }
    return width
  }

  private static func choice(
    _ item: QueryItem, _ yes: String, _ no: String
  ) throws(Failure) -> Bool {
    guard [yes, no].contains(item.value) else {
      throw Failure(message: "\(item.name): allowed: \(yes), \(no)")
    }
    return item.value == yes
  }

  /// The flags of a command that asks on behalf of a person; only those that say whom to ask, since
  /// they come back in commands to be typed.
  private static func invocation(_ flags: [String]) throws(Failure) -> InvocationFlags {
    var rest = flags[...]
    while let flag = rest.popFirst() {
      guard let hasValue = SourceOptions.connectionFlags[flag] else {
        let allowed = SourceOptions.connectionFlags.keys.sorted().joined(separator: ", ")
        throw Failure(message: "flag: not a flag that may be passed on; allowed: \(allowed)")
      }
      guard hasValue else { continue }
      guard let value = rest.popFirst(), !value.hasPrefix("-"), value.utf8.count <= 512,
        value.visible == value
      else { throw Failure(message: "flag: \(flag) without a value of at most 512 bytes of text") }
    }
    guard flags.count <= 2 * SourceOptions.connectionFlags.count else {
      throw Failure(message: "flag: too many")
    }
    return InvocationFlags(flags)
  }
}
