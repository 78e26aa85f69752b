@testable import Configuration
import Testing

@Suite struct TargetListTests {
  private func targets(_ text: String) throws -> [String] {
    try TargetList.parse(Array(text.utf8), fileName: "t.yaml").map { "\($0)" }
  }

  @Test func `file-based discovery is read as JSON and as YAML`() throws {
    let json = """
      [{"targets": ["10.0.0.1:10793", "db.example:1"], "labels": {"env": "prod"}},
       {"targets": ["[fd00::1]:2"]}]
      """
    #expect(try targets(json) == ["10.0.0.1:10793", "db.example:1", "[fd00::1]:2"])
    #expect(try targets("- targets: [a:1]\n  labels: {job: node}\n- targets: []\n") == ["a:1"])
  }

  @Test func `so is a plain list`() throws {
    #expect(
      try targets("- a\n- b:2\n- 10.0.0.1\n- '::1'\n- '[::2]'\n- '[::3]:3'\n")
        == ["a", "b:2", "10.0.0.1", "::1", "::2", "[::3]:3"])
    #expect(try targets("") == [])
  }

  @Test(arguments: [
    ("- a:0", "t.yaml:1:3: [0]: \"a:0\" is not a target"),
    ("- http://a:1", "t.yaml:1:3: [0]: \"http://a:1\" is not a target"),
    ("- a b", "t.yaml:1:3: [0]: \"a b\" is not a target"),
    ("- 'fe80::1'", "t.yaml:1:3: [0]: \"fe80::1\" is not a target"),
    ("- target: [a]", "t.yaml:1:3: [0].target: unknown key (did you mean targets?)"),
    ("targets: [a]", "t.yaml:1:1: a mapping is not a list"),
    ("- targets: [[a]]", "t.yaml:1:13: [0].targets[0]: a list is not a target"),
  ])
  func `what is no target is refused with its place`(text: String, line: String) {
    let error = errorLine { _ = try targets(text) }
    #expect(error.hasPrefix(line), "\(error)")
  }

  @Test func `there is a limit`() {
    let text = String(repeating: "- a\n", count: TargetList.limit + 1)
    #expect(errorLine { _ = try targets(text) } == "t.yaml: more than 10000 targets")
  }
}
