@testable import Configuration
import Testing

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("nginx", "nginx", ["nginx"]),
    ("ngin", "nginx", nil),
    ("a|b", "ab", nil),
    ("^a|b$", "b", ["b"]),
    ("a|ab", "ab", ["ab"]),
    ("(a|ab)(c|bcd)?", "abcd", ["abcd", "a", "bcd"]),
    ("(x)?y", "y", ["y", ""]),
    (".*", "", [""]),
    ("", "", [""]),
    ("", "a", nil),
    ("^a$", "a", ["a"]),
    ("a", "a\0b", nil),
    ("a[^x]b", "a\0b", ["a\0b"]),
    ("é+", "é", ["é"]),
    ("a.c", "a\nc", ["a\nc"]),
    ("[0-9]{3,5}", "1234", ["1234"]),
    ("\\\\1", "\\1", ["\\1"]),
    ("[]++++++++++++]+", "+]", ["+]"]),
    ("[[:alpha:]++++++++++++]+", "a+", ["a+"]),
    ("a+b+c+d+e+f+g+h+i+j+k+l+", "abcdefghijkl", ["abcdefghijkl"]),
  ])
  func `a pattern matches the whole text`(pattern: String, text: String, groups: [String]?) throws {
    #expect(try RegularExpression(pattern).match(text) == groups)
  }

  @Test(arguments: [
    ("(", "Unmatched ( or \\("),
    ("a)|(b", "Unmatched ) or \\)"),
    ("[a", "Unmatched [, [^, [:, [., or [="),
    ("*a", "Invalid preceding regular expression"),
    ("a{2,1}", "Invalid content of \\{\\}"),
    ("[z-a]", "Invalid range end"),
    ("(a)\\1", "back-references (\\1) are not supported"),
    ("a\0", "NUL in a pattern"),
    ("((a{1,255}){1,255}){1,255}", "its repetition counts multiply to more than 1000"),
    ("a++++++++++", "too many + upon one another"),
    ("((((((((((a+)+)+)+)+)+)+)+)+)+", "too many + upon one another"),
    ("(a{600})+", "too many + upon one another"),
    (String(repeating: "a", count: 1025), "longer than 1024 bytes"),
  ])
  func `a bad pattern is refused with its problem`(pattern: String, problem: String) {
    #expect(throws: RegularExpression.PatternError(problem: problem)) {
      try RegularExpression(pattern)
    }
  }

  @Test func `only the first bytes of a long text are looked at`() throws {
    let limit = RegularExpression.maximumSubjectLength
    let text = String(repeating: "a", count: limit) + "b"
    #expect(try RegularExpression("a*").match(text)?.first?.utf8.count == limit)
    #expect(try RegularExpression("a*b").match(text) == nil)
  }

  @Test func `a long command line is matched to its end, and soon`() throws {
    let line =
      "java -cp " + String(repeating: "/opt/kafka/libs/x.jar:", count: 1_000) + " kafka.Kafka"
    let expression = try RegularExpression(".*/libs/.* ([a-z]+\\.[A-Z][a-z]+)")
    let other = try RegularExpression(".*/libs/.* (nothing)")
    for _ in 0..<20 {
      #expect(expression.match(line)?.last == "kafka.Kafka")
      #expect(other.match(line) == nil)
    }
  }

  @Test func `many threads may match at once`() async throws {
    let expression = try RegularExpression("([a-z]+)-([0-9]+)")
    let results = await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (0..<200).allSatisfy { expression.match("w-\(task)\($0)")?[2] == "\(task)\($0)" }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results == Array(repeating: true, count: 8))
  }
}

@Suite struct NameRulesTests {
  private func rules(_ yaml: String) throws -> NameRules {
    try Settings(yaml: Array(yaml.utf8), fileName: "f.yaml", knownMetrics: []).processes
  }

  private func name(_ yaml: String) throws -> String? {
    try rules(yaml).name(
      exe: "/usr/bin/java", comm: "java", cmdline: "java -Dservice=shop -jar a.jar",
      unit: "app@7.service")
  }

  @Test(arguments: [
    ("processes: []", nil),
    ("processes: [{match: {comm: java}, name: jvm}]", "jvm"),
    ("processes: [{match: {comm: jav}, name: jvm}]", nil),
    ("processes: [{match: {comm: java, unit: other}, name: jvm}]", nil),
    ("processes: [{match: {comm: x}, name: a}, {match: {comm: j.*}, name: b}]", "b"),
    ("processes: [{match: {comm: j.*}, name: a}, {match: {comm: java}, name: b}]", "a"),
    (#"processes: [{match: {cmdline: '.*service=([a-z]+) .*'}, name: "java-$1"}]"#, "java-shop"),
    (#"processes: [{match: {cmdline: '.*service=([a-z]+) .*'}, name: "${1}x$$1"}]"#, "shopx$1"),
    (#"processes: [{match: {unit: 'app@(.)\..*', exe: '/(.*)/.*'}, name: "$1"}]"#, "7"),
    (#"processes: [{match: {unit: 'app.*', exe: '/(.*)/(.*)'}, name: "$2 $1"}]"#, "java usr/bin"),
    (#"processes: [{match: {comm: 'java(x)?'}, name: "$1"}, {match: {comm: .*}, name: b}]"#, "b"),
  ])
  func `the first rule that matches gives the name`(yaml: String, expected: String?) throws {
    #expect(try name(yaml) == expected)
  }

  @Test func `what is not known matches nothing`() throws {
    let rules = try rules("processes: [{match: {exe: .*}, name: any}]")
    #expect(rules.name(exe: nil, comm: "a", cmdline: "a", unit: "") == nil)
    #expect(rules.name(exe: "", comm: nil, cmdline: nil, unit: nil) == "any")
  }
}
