/// Numbers as people read them. No other place formats durations, bytes or percents.
package enum Format {
  /// `950`, `1,024`: in groups of three digits.
  package static func number(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value))
    var text = ""
    for (index, digit) in digits.enumerated() {
      let left = digits.count - index
      if index > 0, left % 3 == 0, digits[index - 1] != "-" { text += "," }
      text.append(digit)
    }
    return text
  }

  /// `1 socket`, `12 sockets`.
  package static func count(_ count: some BinaryInteger, _ noun: String) -> String {
    "\(number(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// `950ms`, `12s`, `3m05s`, `2h10m`, `4d03h`, of ms.
  package static func duration(_ milliseconds: Int64) -> String {
    let two = { (value: Int64) in value < 10 ? "0\(value)" : "\(value)" }
    let seconds = milliseconds / 1000
    return switch seconds {
    case ..<1: "\(milliseconds)ms"
    case ..<60: "\(seconds)s"
    case ..<3600: "\(seconds / 60)m\(two(seconds % 60))s"
    case ..<86400: "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
    default: "\(seconds / 86400)d\(two(seconds / 3600 % 24))h"
    }
  }

  /// `12s`, or `at least 12s`.
  package static func age(_ milliseconds: Int64, isAtLeast: Bool) -> String {
    (isAtLeast ? "at least " : "") + duration(milliseconds)
  }

  /// `512 B`, `1.5 kB`, `2.6 MB`: powers of 1000.
  package static func bytes(_ count: UInt64) -> String {
    guard count >= 1000 else { return "\(count) B" }
    var (value, unit) = (count / 100, "kB")
    for larger in ["MB", "GB", "TB", "PB", "EB"] where value >= 10_000 {
      (value, unit) = (value / 1000, larger)
    }
    return "\(value / 10).\(value % 10) \(unit)"
  }

  /// `12 %`, `0.4 %`, of a share of 1.
  package static func percent(_ share: Double) -> String {
    let permille = Int((max(0, min(share, 1)) * 1000).rounded())
    return permille < 100 && permille % 10 != 0
      ? "\(permille / 10).\(permille % 10) %" : "\((permille + 5) / 10) %"
  }

  /// The share that a part is of the whole; 0 % of nothing.
  package static func percent(_ part: UInt64, of whole: UInt64) -> String {
    percent(Double(part) / Double(max(whole, 1)))
  }
}
