import Configuration
import Exposition

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

  private static func expectOneLine(_ error: ConfigurationError) throws(Finding) {
    let text = "\(error)"
    try Finding.unless(
      text.hasPrefix("fuzz.yaml") && !text.contains(where: \.isNewline), "the error “\(text)”")
  }
}
