import Foundation

/// One sample of the Prometheus text format.
struct Sample: Hashable, CustomStringConvertible {
  struct Series: Hashable {
    let name: String
    let labels: [String: String]
  }

  let series: Series
  let value: Double

  var name: String { series.name }
  func label(_ name: String) -> String { series.labels[name] ?? "" }
  var description: String { "\(series.name)\(series.labels) \(value)" }
}

/// A strict reader of the text format 0.0.4, apart from the product's writer. Other than the usual
/// parsers it refuses series given twice, families whose lines are not together, and samples without a type.
struct TextFormat {
  struct Problem: Error, CustomStringConvertible {
    let line: Int
    let what: String
    var description: String { "line \(line): \(what)" }
  }

  private var samples: [Sample] = []
  private var seen: Set<Sample.Series> = []
  private var types: [String: String] = [:]
  private var helps: Set<String> = []
  private var finished: Set<String> = []
  private var family = ""
  private var number = 0

  static func samples(_ bytes: [UInt8]) throws -> [Sample] {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Problem(line: 0, what: "not UTF-8")
    }
    guard text.unicodeScalars.last == "\n" else {
      throw Problem(line: 0, what: "no newline at the end")
    }
    var reader = TextFormat()
    for line in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast()
    {
      reader.number += 1
      try reader.read(String(line))
    }
    return reader.samples
  }

  private func fail(_ what: String) -> Problem { Problem(line: number, what: what) }

  private mutating func enter(_ name: String) throws {
    guard name != family else { return }
    if !family.isEmpty { finished.insert(family) }
    guard !finished.contains(name) else { throw fail("the lines of \(name) are not together") }
    family = name
  }

  private mutating func read(_ line: String) throws {
    if line.hasPrefix("# HELP ") || line.hasPrefix("# TYPE ") {
      let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count == 4, Self.isName(parts[2], mayHold: "_:") else {
        throw fail("malformed: \(line)")
      }
      let name = String(parts[2])
      try enter(name)
      if parts[1] == "HELP" {
        guard helps.insert(name).inserted else { throw fail("a second HELP of \(name)") }
      } else {
        guard types.updateValue(String(parts[3]), forKey: name) == nil else {
          throw fail("a second TYPE of \(name)")
        }
        guard ["counter", "gauge", "histogram", "untyped"].contains(parts[3]) else {
          throw fail("no type: \(parts[3])")
        }
      }
    } else if !line.hasPrefix("#") {
      let sample = try sample(line)
      try enter(familyName(sample.name))
      guard types[family] != nil else { throw fail("\(sample.name) has no TYPE") }
      guard seen.insert(sample.series).inserted else { throw fail("given twice: \(sample)") }
      samples.append(sample)
    }
  }

  private func familyName(_ sample: String) -> String {
    for suffix in ["_bucket", "_sum", "_count"] where sample.hasSuffix(suffix) {
      let name = String(sample.dropLast(suffix.count))
      if types[name] == "histogram" { return name }
    }
    return sample
  }

  private func sample(_ line: String) throws -> Sample {
    var rest = line.unicodeScalars[...]
    let name = take(&rest) { $0 != "{" && $0 != " " }
    guard Self.isName(name[...], mayHold: "_:") else { throw fail("no name: \(line)") }
    var labels: [String: String] = [:]
    if rest.first == "{" {
      rest.removeFirst()
      while rest.first != "}" {
        let label = take(&rest) { $0 != "=" }
        guard Self.isName(label[...], mayHold: "_") else { throw fail("no label: \(line)") }
        guard rest.starts(with: "=\"".unicodeScalars) else { throw fail("no value of \(label)") }
        rest = rest.dropFirst(2)
        guard labels.updateValue(try quoted(&rest), forKey: label) == nil else {
          throw fail("label \(label) twice")
        }
        if rest.first == "," {
          rest.removeFirst()
        } else if rest.first != "}" {
          throw fail("no comma: \(line)")
        }
      }
      rest.removeFirst()
    }
    guard rest.first == " ", let value = number(String(rest.dropFirst())) else {
      throw fail("no value: \(line)")
    }
    return Sample(series: .init(name: name, labels: labels), value: value)
  }

  private func number(_ text: String) -> Double? {
    switch text {
    case "+Inf": .infinity
    case "-Inf": -.infinity
    case "NaN": .nan
    // Not those that Double knows besides: hexadecimal ones, and other words for infinity.
    default: text.utf8.allSatisfy("0123456789.eE+-".utf8.contains) ? Double(text) : nil
    }
  }

  /// Whether it is of ASCII letters, digits and these signs, and begins with no digit. Not by a regular expression:
  /// every label of every sample is asked, and tests wait for that.
  private static func isName(_ text: Substring, mayHold signs: StaticString) -> Bool {
    text.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: signs.withUTF8Buffer { $0.contains(byte) }
        }
      }
  }

  /// Reads to the closing quote and past it.
  private func quoted(_ rest: inout Substring.UnicodeScalarView) throws -> String {
    var value = String.UnicodeScalarView()
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\"": return String(value)
      case "\\":
        switch rest.popFirst() {
        case "n": value.append("\n")
        case "\\": value.append("\\")
        case "\"": value.append("\"")
        default: throw fail("no such escape")
        }
      default: value.append(scalar)
      }
    }
    throw fail("a quote is not closed")
  }

  private func take(
    _ rest: inout Substring.UnicodeScalarView, while accept: (Unicode.Scalar) -> Bool
  ) -> String {
    let taken = rest.prefix(while: accept)
    rest = rest[taken.endIndex...]
    return String(taken)
  }
}
