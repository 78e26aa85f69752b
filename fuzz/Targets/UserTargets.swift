import Configuration
import Exposition
import MetricsServer
import SocketStates

/// What the administrator writes.
enum UserTargets {
  static func configuration(_ bytes: [UInt8]) throws {
    do throws(ConfigurationError) {
      _ = try Settings(
        yaml: bytes, fileName: "fuzz.yaml", knownMetrics: MetricFamily.knownNames)
    } catch {
      try expectOneLine(error)
    }
  }

  static func webConfiguration(_ bytes: [UInt8]) throws {
    do throws(ConfigurationError) {
      _ = try WebConfig(yaml: bytes, fileName: "fuzz.yaml")
    } catch {
      try expectOneLine(error)
    }
  }

  static func regularExpression(_ bytes: [UInt8]) throws {
    let texts = parts(bytes, 2).map { String(decoding: $0, as: UTF8.self) }
    guard let expression = try? RegularExpression(texts[0]),
      let groups = expression.match(texts[1])
    else { return }
    try Finding.unless(groups.count == expression.groupCount + 1, "\(groups.count) groups")
  }

  static func flags(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    if let duration = try? PrometheusDuration(text) {
      let again = try PrometheusDuration("\(duration)")
      try Finding.unless(duration == again, "\(duration) is read as \(again)")
    }
    if let address = ListenAddress(text) {
      try Finding.unless(ListenAddress("\(address)") == address, "\(address) is another")
    }
  }

  static func question(_ bytes: [UInt8]) throws {
    let texts = parts(bytes, 3).map { String(decoding: $0, as: UTF8.self) }
    if let endpoint = WrittenEndpoint(texts[0]) {
      try Finding.unless(
        WrittenEndpoint("\(endpoint)") == endpoint, "\(endpoint) is parsed as another endpoint")
    }
    let filter = SocketFilter(state: texts[0], port: texts[1], pid: texts[2])
    try Finding.unless(filter.complaint?.contains(where: \.isNewline) != true, "two lines")
    if let subject = Explanation.Subject(texts[0]), case .port(let port) = subject {
      try Finding.unless(Explanation.Subject(":\(port)") == subject, "\(subject) is another one")
    }
  }

  static func activation(_ bytes: [UInt8]) throws {
    let texts = parts(bytes, 2).map { String(decoding: $0, as: UTF8.self) }
    if let descriptors = try? SystemdSockets.descriptors(pid: texts[0], count: texts[1]) {
      try Finding.unless(descriptors.lowerBound == 3 && !descriptors.isEmpty, "\(descriptors)")
    }
  }

  private static func expectOneLine(_ error: ConfigurationError) throws(Finding) {
    let text = "\(error)"
    try Finding.unless(
      text.hasPrefix("fuzz.yaml") && !text.contains(where: \.isNewline), "the error “\(text)”")
  }
}
