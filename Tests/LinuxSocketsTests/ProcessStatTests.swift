import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcessStatTests {
  private static let rest =
    " S 42 100 100 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 8675 1048576 256 18446744073709551615 1\n"

  private static func parse(_ text: String) -> ProcessStat? { ProcessStat(Array(text.utf8).span) }

  @Test(arguments: [
    "(bash)", "(a) R (b)", "(a) R (b))", "()", "(a b c)", "(tmux: server)", "(\n)", "((sd-pam))",
    "(x) 1 2 3 4 5 6 7 8 9)",
  ])
  func `the command may hold anything`(command: String) throws {
    let stat = try #require(Self.parse("7 " + command + Self.rest))
    #expect(stat.identity == ProcessIdentity(pid: 7, startTime: 8675))
    #expect(stat.parent == 42)
    #expect(stat.cpuTicks == 300)
    #expect(stat.virtualMemory == 1_048_576)
    #expect(stat.residentPages == 256)
  }

  @Test(arguments: [
    "", "7", "7 (a", "7 (a)", "7 (a) S", "x (a)" + rest, "99999999999 (a)" + rest,
    "7 (a) S x 100", "7 (a) S 42 100 100 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 86",
    "7 (a) S 42 100 100 0 -1 4194560 1 2 3 4 250 50 0 0 20 0 1 0 -5 1 1 1",
  ])
  func `what is cut off or garbled is none`(text: String) {
    #expect(Self.parse(text) == nil)
  }

  @Test func `every prefix of a line is safe to read`() {
    let whole = "7 (a) R (b)" + Self.rest
    for length in 0..<whole.utf8.count {
      let stat = ProcessStat(Array(whole.utf8.prefix(length)).span)
      #expect(stat == nil || stat == Self.parse(whole))
    }
  }
}
