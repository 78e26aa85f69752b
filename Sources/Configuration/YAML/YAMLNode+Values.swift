/// Reading a node as one type of value. The schema decides what a value is; YAML's own guesses
/// (`yes` is a boolean, `010` is eight) are never made.
extension YAMLNode {
  /// Nothing after the key, or one of YAML's words for nothing.
  var isNull: Bool {
    guard case .scalar(let text, quoted: false) = content else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(text)
  }

  /// The value in an error message.
  var summary: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar where isNull: "no value"
    case .scalar(let text, _): "\"\(shortened(text))\""
    }
  }

  func flaw(_ problem: String, allowed: String? = nil) -> Flaw {
    Flaw(position: position, path: path, problem: problem, allowed: allowed)
  }

  /// - Parameter kind: what the value should be, with its article.
  func flaw(isNot kind: String, allowed: String? = nil) -> Flaw {
    flaw(isNull ? "has no value" : "\(summary) is not \(kind)", allowed: allowed)
  }

  /// Text, quoted or not.
  func text(_ kind: String, allowed: String? = nil) throws(Flaw) -> String {
    guard case .scalar(let text, _) = content, !isNull else {
      throw flaw(isNot: kind, allowed: allowed)
    }
    return text
  }

  func boolean() throws(Flaw) -> Bool {
    let allowed = "true, false"
    guard case .scalar(let text, let quoted) = content else {
      throw flaw(isNot: "true or false", allowed: allowed)
    }
    let meaning: String? =
      switch text.lowercased() {
      case "true", "yes", "on", "y": "true"
      case "false", "no", "off", "n": "false"
      default: nil
      }
    if !quoted, let meaning, text == meaning { return text == "true" }
    let hint = meaning.map { " (write \($0), in lower case and without quotes)" } ?? ""
    throw flaw(isNot: "true or false\(hint)", allowed: allowed)
  }

  func integer(in range: ClosedRange<Int>) throws(Flaw) -> Int {
    let allowed = "\(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let text, quoted: false) = content, isDecimal(text) else {
      let isNumber = if case .scalar(let text, _) = content { Int(text) != nil } else { false }
      let hint = isNumber ? " (write it without quotes, + and leading zeros)" : ""
      throw flaw(isNot: "a whole number\(hint)", allowed: allowed)
    }
    guard let number = Int(text), range.contains(number) else {
      throw flaw("\(summary) is out of range", allowed: allowed)
    }
    return number
  }

  /// A share, 0.1% to 100%, as a number from 0.001 to 1.
  func percentage() throws(Flaw) -> Double {
    let allowed = "0.1% to 100%, written as 5% or 2.5%"
    let text = try text("a percentage", allowed: allowed)
    // What else Double reads (hexadecimal, exponents, infinity) is not how people write shares.
    let digits = text.utf8.dropLast().allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
    }
    guard text.hasSuffix("%"), digits, let number = Double(text.dropLast()) else {
      throw flaw("\(summary) is not a percentage", allowed: allowed)
    }
    guard (0.1...100).contains(number) else {
      throw flaw("\(summary) is out of range", allowed: allowed)
    }
    return number / 100
  }

  func duration(in range: ClosedRange<PrometheusDuration>) throws(Flaw) -> Duration {
    .milliseconds(try milliseconds(in: range))
  }

  func milliseconds(in range: ClosedRange<PrometheusDuration>) throws(Flaw) -> Int64 {
    let allowed = "\(range.lowerBound) to \(range.upperBound), written as 500ms, 5s, 1m or 1h30m"
    let text = try text("a duration", allowed: allowed)
    let duration: PrometheusDuration
    do {
      duration = try PrometheusDuration(text)
    } catch {
      let problem = error == .overflow ? "out of range" : "not a duration"
      throw flaw("\(summary) is \(problem)", allowed: allowed)
    }
    guard range.contains(duration) else {
      throw flaw("\(summary) is out of range", allowed: allowed)
    }
    return duration.milliseconds
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>() throws(Flaw) -> Choice {
    let names = Choice.allCases.map(\.rawValue)
    let allowed = names.joined(separator: ", ")
    let text = try text("one of the choices", allowed: allowed)
    guard let choice = Choice(rawValue: text) else {
      throw flaw(
        "\(summary) is not one of the choices" + suggestion(for: text, among: names),
        allowed: allowed)
    }
    return choice
  }

  /// The elements of a list, of which there may be none.
  func elements(of kind: String) throws(Flaw) -> [YAMLNode] {
    if isNull { return [] }
    guard case .sequence(let elements) = content else {
      throw flaw(isNot: "a list", allowed: "a list of \(kind)")
    }
    return elements
  }

  func absolutePath() throws(Flaw) -> String {
    let allowed = "a path that begins with /"
    let text = try text("a path", allowed: allowed)
    guard text.hasPrefix("/"), !text.utf8.contains(0) else {
      throw flaw("\(summary) is not an absolute path", allowed: allowed)
    }
    return text
  }

  private func isDecimal(_ text: String) -> Bool {
    let digits = text.utf8.drop { $0 == UInt8(ascii: "-") }
    return text.utf8.count - digits.count <= 1 && !digits.isEmpty
      && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
  }
}
