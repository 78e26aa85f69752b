import Exposition
import Foundation
import SocketStates
import Testing

/// What other programs make of the text. Skipped where they are not installed.
@Suite struct OtherReadersTests {
  @Test(
    .enabled(if: succeeds(["promtool", "--version"]), "promtool is not installed"),
    arguments: [makeRichReport(), makeHostileReport()])
  func `promtool has nothing to say`(report: Report) throws {
    let result = try run(["promtool", "check", "metrics"], input: render(report))
    #expect(result.status == 0)
    #expect(result.output == "")
  }

  @Test(
    .enabled(
      if: succeeds(["python3", "-c", "import prometheus_client"]),
      "Python's prometheus_client is not installed"),
    arguments: ExpositionFormat.allCases)
  func `prometheus_client reads what was written`(format: ExpositionFormat) throws {
    let module = format == .text ? "prometheus_client" : "prometheus_client.openmetrics"
    let program = """
      import sys
      from \(module).parser import text_string_to_metric_families as parse
      text = sys.stdin.buffer.read().decode()
      for family in parse(text):
        print(family.name, family.type, len(family.samples))
      """
    for report in [makeRichReport(), makeHostileReport()] {
      let text = render(report, as: format)
      let result = try run(["python3", "-c", program], input: text)
      #expect(result.status == 0, "\(result.output)")
      let families = result.output.split(separator: "\n").map { $0.split(separator: " ") }
      let read = families.reduce(0) { $0 + (Int($1[2]) ?? 0) }
      #expect(try read == checkExposition(text, as: format).count)
    }
  }
}

extension OtherReadersTests {
  @Test(
    .enabled(
      if: succeeds(["python3", "-c", "import prometheus_client"]),
      "Python's prometheus_client is not installed"))
  func `both formats are read to the same samples`() throws {
    let outputs = try ExpositionFormat.allCases.map { format in
      let module = format == .text ? "prometheus_client" : "prometheus_client.openmetrics"
      let program = """
        import sys
        from \(module).parser import text_string_to_metric_families as parse
        text = sys.stdin.buffer.read().decode()
        for line in sorted(
            repr((sample.name, sorted(sample.labels.items()), float(sample.value)))
            for family in parse(text) for sample in family.samples):
          print(line)
        """
      let result = try run(["python3", "-c", program], input: render(makeRichReport(), as: format))
      #expect(result.status == 0, "\(result.output)")
      return result.output
    }
    #expect(outputs[0] == outputs[1])
    #expect(outputs[0].split(separator: "\n").count > 100)
  }
}

/// Runs a program of the PATH; the output is both streams.
private func run(
  _ arguments: [String], input: String
) throws -> (status: Int32, output: String) {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = arguments
  let standardInput = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try Data(input.utf8).write(to: standardInput)
  defer { try? FileManager.default.removeItem(at: standardInput) }
  process.standardInput = try FileHandle(forReadingFrom: standardInput)
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let data = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: data, as: UTF8.self))
}

private func succeeds(_ arguments: [String]) -> Bool {
  (try? run(arguments, input: "").status) == 0
}
