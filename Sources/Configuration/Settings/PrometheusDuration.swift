/// A length of time as Prometheus writes it: `500ms`, `5s`, `1h30m`, `0`.
///
/// The grammar and the rules of formatting are those of `ParseDuration` and `Duration.String` in
/// prometheus/common's `model/time.go`: units `y w d h m s ms` in this order, each at most once.
package struct PrometheusDuration: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Why a text is no duration.
  package enum ParseError: Error, Sendable, Equatable {
    /// Not numbers with units, or the units are repeated or out of order.
    case malformed
    /// More than Prometheus can hold: 2^63 - 1 nanoseconds, some 292 years.
    case overflow
  }

  /// The length in milliseconds, never negative.
  package let milliseconds: Int64

  /// Zero, or any count of milliseconds that fits Prometheus' range.
  package init?(milliseconds: Int64) {
    guard (0...Self.maximum).contains(milliseconds) else { return nil }
    self.milliseconds = milliseconds
  }

  /// For counts that are written in the source.
  init(unchecked milliseconds: Int64) {
    self.milliseconds = milliseconds
  }

  /// Reads Prometheus' notation.
  package init(_ text: String) throws(ParseError) {
    if text == "0" {
      milliseconds = 0
      return
    }
    var rest = text.utf8[...]
    var units = Self.units[...]
    var sum: Int64 = 0
    guard !rest.isEmpty else { throw .malformed }
    while !rest.isEmpty {
      let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[digits.endIndex...]
      let letters = rest.prefix { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      rest = rest[letters.endIndex...]
      guard !digits.isEmpty,
        let unit = units.firstIndex(where: { letters.elementsEqual($0.name.utf8) })
      else { throw .malformed }
      guard let count = Int64(Substring(digits)) else { throw .overflow }
      let (product, tooMany) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
      let (total, tooLong) = sum.addingReportingOverflow(product)
      guard !tooMany, !tooLong, total <= Self.maximum else { throw .overflow }
      sum = total
      units = units[(unit + 1)...]
    }
    milliseconds = sum
  }

  /// The same length for Swift's clocks.
  package var duration: Duration { .milliseconds(milliseconds) }

  /// The shortest notation that Prometheus itself would print; years and weeks only where they
  /// leave no rest, because 90d is easier to read than 12w6d.
  package var description: String {
    guard milliseconds > 0 else { return "0s" }
    var rest = milliseconds
    var text = ""
    for unit in Self.units where rest >= unit.milliseconds {
      if unit.onlyWhole, rest % unit.milliseconds != 0 { continue }
      text += "\(rest / unit.milliseconds)\(unit.name)"
      rest %= unit.milliseconds
    }
    return text
  }

  /// Shorter before longer.
  package static func < (left: Self, right: Self) -> Bool {
    left.milliseconds < right.milliseconds
  }

  private static let maximum = Int64.max / 1_000_000

  private struct Unit {
    let name: String
    let milliseconds: Int64
    var onlyWhole = false
  }

  private static let units = [
    Unit(name: "y", milliseconds: 31_536_000_000, onlyWhole: true),
    Unit(name: "w", milliseconds: 604_800_000, onlyWhole: true),
    Unit(name: "d", milliseconds: 86_400_000),
    Unit(name: "h", milliseconds: 3_600_000),
    Unit(name: "m", milliseconds: 60_000),
    Unit(name: "s", milliseconds: 1000),
    Unit(name: "ms", milliseconds: 1),
  ]
}

/// The bounds of durations.
extension PrometheusDuration {
  static let zero = Self(unchecked: 0)
  static let oneTenthSecond = Self(unchecked: 100)
  static let oneSecond = Self(unchecked: 1000)
  static let oneHour = Self(unchecked: 3_600_000)
  static let oneDay = Self(unchecked: 86_400_000)
  static let oneYear = Self(unchecked: 31_536_000_000)
}
