import Glibc

/// A POSIX extended regular expression (regex(7)) that has to match a whole text.
///
/// The C library's engine: it needs neither Foundation nor ICU. It sees bytes, because the daemon
/// runs in the C locale. What could make it use memory or time without bound is refused.
@safe
package final class RegularExpression: Sendable {
  /// Why a pattern was refused.
  package struct PatternError: Error, Sendable, Equatable {
    /// In the C library's words, if it has any.
    package let problem: String
  }

  /// How many bytes a pattern may have.
  package static let maximumPatternLength = 1024
  /// How many bytes of a text are looked at; the rest is ignored.
  package static let maximumSubjectLength = 1 << 15
  /// What the counts of all intervals (`{3,5}`) may multiply to: the engine copies what they repeat.
  package static let maximumRepetition = 1000

  /// The pattern as the user wrote it.
  package let pattern: String
  /// How many groups it has.
  package let groupCount: Int

  /// regexec(3) takes it as const and is safe to call from several threads.
  nonisolated(unsafe) private let compiled: UnsafeMutablePointer<regex_t>

  /// Compiles a pattern.
  package init(_ pattern: String) throws(PatternError) {
    try Self.checkBounds(pattern)
    try Self.checkNesting(pattern)
    let compiled = UnsafeMutablePointer<regex_t>.allocate(capacity: 1)
    // Anchored and in a group of its own: the engine would else try each place of a long text as the start.
    let alone = unsafe regcomp(compiled, pattern, REG_EXTENDED)
    if alone == 0 { unsafe regfree(compiled) }
    let code =
      alone == 0 ? unsafe regcomp(compiled, "^(\(pattern))$", REG_EXTENDED) : alone
    guard code == 0 else {
      var text = [CChar](repeating: 0, count: 128)
      let size = unsafe regerror(code, compiled, &text, text.count)
      unsafe compiled.deallocate()
      let bytes = text.prefix(max(0, min(size, text.count) - 1)).map { UInt8(bitPattern: $0) }
      throw PatternError(problem: String(decoding: bytes, as: UTF8.self))
    }
    self.pattern = pattern
    groupCount = unsafe compiled.pointee.re_nsub - 1
    unsafe self.compiled = unsafe compiled
  }

  deinit {
    unsafe regfree(compiled)
    unsafe compiled.deallocate()
  }

  /// The texts of the whole match and of the groups (empty for one that took no part); nil if the
  /// whole text does not match.
  package func match(_ text: String) -> [String]? {
    let subject = Array(text.utf8.prefix(Self.maximumSubjectLength))
    var matches = [regmatch_t](repeating: regmatch_t(), count: groupCount + 2)
    // REG_STARTEND gives the length, so that a NUL does not end the text.
    matches[0] = regmatch_t(rm_so: 0, rm_eo: regoff_t(subject.count))
    // The NUL behind it is for AddressSanitizer, which looks for one whatever the flags say.
    let code = unsafe (subject + [0]).withUnsafeBytes { bytes in
      unsafe regexec(
        compiled, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), matches.count, &matches,
        REG_STARTEND)
    }
    // POSIX finds the leftmost and then the longest match: if the whole text can match, it does.
    guard code == 0, matches[0].rm_so == 0, matches[0].rm_eo == subject.count else { return nil }
    return matches.dropFirst().map { match in
      guard match.rm_so >= 0, match.rm_so <= match.rm_eo, Int(match.rm_eo) <= subject.count else {
        return ""
      }
      return String(decoding: subject[Int(match.rm_so)..<Int(match.rm_eo)], as: UTF8.self)
    }
  }

  /// Refuses `+` upon `+`, nested or stacked, and upon intervals, if it comes to too many copies: the
  /// engine compiles `x+` as `xx*`, so that each doubles what it repeats.
  private static func checkNesting(_ pattern: String) throws(PatternError) {
    var bytes = pattern.utf8[...]
    /// Copies of what is copied most: in each group that is open, and of what a repetition would repeat.
    var groups = [1]
    var last = 1
    while let byte = bytes.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        _ = bytes.popFirst()
        last = 1
      case UInt8(ascii: "["):
        skipBrackets(&bytes)
        last = 1
      case UInt8(ascii: "("): groups.append(1)
      case UInt8(ascii: ")"):
        guard groups.count > 1 else { throw PatternError(problem: "Unmatched ) or \\)") }
        last = groups.removeLast()
      case UInt8(ascii: "+"): last *= 2
      case UInt8(ascii: "{"): last *= takeInterval(&bytes) ?? 1
      case UInt8(ascii: "*"), UInt8(ascii: "?"): break
      default: last = 1
      }
      guard last <= maximumRepetition else {
        throw PatternError(problem: "too many + upon one another")
      }
      groups[groups.count - 1] = max(groups[groups.count - 1], last)
    }
  }

  /// Steps over the rest of `{3,5}`.
  /// - Returns: the largest count; nil if it is none, and nothing is stepped over.
  private static func takeInterval(_ bytes: inout Substring.UTF8View) -> Int? {
    let text = bytes.prefix { $0 != UInt8(ascii: "}") }
    let counts = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    guard text.endIndex < bytes.endIndex,
      counts.allSatisfy({ $0.isEmpty || Int(Substring($0)) != nil })
    else { return nil }
    bytes = bytes[text.endIndex...].dropFirst()
    // checkBounds has seen that it is not too large to multiply with.
    return max(1, counts.compactMap { Int(Substring($0)) }.max() ?? 1)
  }

  /// Steps over the rest of `[…]`, where a repetition is a character like others.
  private static func skipBrackets(_ bytes: inout Substring.UTF8View) {
    if bytes.first == UInt8(ascii: "^") { bytes.removeFirst() }
    if bytes.first == UInt8(ascii: "]") { bytes.removeFirst() }
    while let byte = bytes.popFirst(), byte != UInt8(ascii: "]") {
      // `[:alpha:]`, `[.-.]`, `[=e=]`.
      guard byte == UInt8(ascii: "["), let kind = bytes.first, ":.=".utf8.contains(kind) else {
        continue
      }
      bytes.removeFirst()
      while let inner = bytes.popFirst() {
        if inner == kind, bytes.first == UInt8(ascii: "]") {
          bytes.removeFirst()
          break
        }
      }
    }
  }

  private static func checkBounds(_ pattern: String) throws(PatternError) {
    guard pattern.utf8.count <= maximumPatternLength else {
      throw PatternError(problem: "longer than \(maximumPatternLength) bytes")
    }
    guard !pattern.utf8.contains(0) else { throw PatternError(problem: "NUL in a pattern") }
    var repetition = 1
    var bytes = pattern.utf8[...]
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "\\"), let escaped = bytes.popFirst() {
        guard !(UInt8(ascii: "1")...UInt8(ascii: "9")).contains(escaped) else {
          throw PatternError(problem: "back-references (\\1) are not supported")
        }
      } else if byte == UInt8(ascii: "{") {
        let interval = bytes.prefix { $0 != UInt8(ascii: "}") }
        let counts = interval.split(separator: UInt8(ascii: ",")).compactMap { Int(Substring($0)) }
        let (product, overflow) = repetition.multipliedReportingOverflow(
          by: max(1, counts.max() ?? 1))
        guard !overflow, product <= maximumRepetition else {
          throw PatternError(
            problem: "its repetition counts multiply to more than \(maximumRepetition)")
        }
        repetition = product
      }
    }
  }
}

extension RegularExpression: Equatable {
  package static func == (left: RegularExpression, right: RegularExpression) -> Bool {
    left.pattern == right.pattern
  }
}
