/// The candidates that a misspelt word may have meant: the closest first, equally close ones in
/// their given order. At most two letters may differ, and fewer than half of the candidate's.
func closeMatches(of word: String, among candidates: [String]) -> [String] {
  let scored = candidates.enumerated().compactMap { order, candidate -> (Int, Int, String)? in
    // Lengths are compared first: a long text must not cost its length squared.
    guard abs(word.utf8.count - candidate.utf8.count) <= 2 else { return nil }
    let distance = editDistance(Array(word.utf8), Array(candidate.utf8))
    guard distance <= 2, distance * 2 < candidate.utf8.count else { return nil }
    return (distance, order, candidate)
  }
  return scored.sorted { ($0.0, $0.1) < ($1.0, $1.1) }.map { $0.2 }
}

/// ` (did you mean …?)` for the closest candidate, or nothing.
func suggestion(for word: String, among candidates: [String]) -> String {
  closeMatches(of: word, among: candidates).first.map { " (did you mean \($0)?)" } ?? ""
}

/// Levenshtein's distance: insertions, deletions and substitutions of bytes.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (i, a) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, b) in right.enumerated() {
      let substituted = a == b ? diagonal : diagonal + 1
      diagonal = row[j + 1]
      row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[right.count]
}
