import Exposition

/// One sample line, read back.
struct ParsedSample: Hashable {
  var name: String
  var labels: [String: String]
  var value: String
}

/// Why a text is no valid exposition.
struct ExpositionFault: Error, CustomStringConvertible {
  var description: String
}

/// Reads an exposition strictly: metadata before samples, families in one piece, every series once.
func checkExposition(_ text: String, as format: ExpositionFormat) throws -> [ParsedSample] {
  var samples: [ParsedSample] = []
  var seenFamilies = Set<String>()
  var seenMetadata = Set<String>()
  var seenSeries = Set<[String]>()
  var family = ""
  var kind = ""
  var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    .map(String.init)
  guard lines.popLast() == "" else { throw ExpositionFault(description: "no final newline") }
  if format == .openMetrics {
    guard lines.popLast() == "# EOF" else { throw ExpositionFault(description: "no # EOF") }
  }
  for line in lines {
    if line.hasPrefix("# ") {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      guard words.count == 4, ["HELP", "TYPE", "UNIT"].contains(words[1]) else {
        throw ExpositionFault(description: "odd comment: \(line)")
      }
      guard seenMetadata.insert("\(words[1]) \(words[2])").inserted else {
        throw ExpositionFault(description: "metadata twice: \(line)")
      }
      if words[2] != family {
        family = words[2]
        guard seenFamilies.insert(family).inserted else {
          throw ExpositionFault(description: "family in pieces: \(family)")
        }
      }
      if words[1] == "TYPE" { kind = words[3] }
      continue
    }
    let sample = try parseSample(line)
    guard sampleNames(family, kind, format).contains(sample.name) else {
      throw ExpositionFault(description: "\(sample.name) is within \(family) of type \(kind)")
    }
    let series = [sample.name] + sample.labels.sorted { $0.key < $1.key }.flatMap { [$0, $1] }
    guard seenSeries.insert(series).inserted else {
      throw ExpositionFault(description: "series twice: \(line)")
    }
    samples.append(sample)
  }
  return samples
}

private func sampleNames(_ family: String, _ kind: String, _ format: ExpositionFormat) -> [String] {
  switch (kind, format) {
  case ("histogram", _): ["_bucket", "_sum", "_count"].map { family + $0 }
  case ("counter", .openMetrics): [family + "_total"]
  case ("info", .openMetrics): [family + "_info"]
  default: [family]
  }
}

private func parseSample(_ line: String) throws -> ParsedSample {
  let fault = ExpositionFault(description: "no sample: \(line)")
  var rest = line.unicodeScalars[...]
  func take(until end: (Unicode.Scalar) -> Bool) -> String {
    let taken = rest.prefix { !end($0) }
    rest = rest.dropFirst(taken.count)
    return String(taken)
  }
  let name = take { $0 == "{" || $0 == " " }
  var labels: [String: String] = [:]
  if rest.first == "{" {
    repeat {
      rest = rest.dropFirst()
      let label = take { $0 == "=" }
      guard rest.starts(with: "=\"".unicodeScalars), labels[label] == nil else { throw fault }
      rest = rest.dropFirst(2)
      var value = String.UnicodeScalarView()
      while let scalar = rest.popFirst(), scalar != "\"" {
        guard scalar == "\\" else {
          value.append(scalar)
          continue
        }
        switch rest.popFirst() {
        case "\\": value.append("\\")
        case "\"": value.append("\"")
        case "n": value.append("\n")
        default: throw fault
        }
      }
      labels[label] = String(value)
    } while rest.first == ","
    guard rest.popFirst() == "}" else { throw fault }
  }
  guard rest.popFirst() == " ", Double(String(rest)) != nil else { throw fault }
  return ParsedSample(name: name, labels: labels, value: String(rest))
}
