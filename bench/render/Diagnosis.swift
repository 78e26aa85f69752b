import Exposition
import SocketStates

/// What it takes to judge a report whose sockets are listed, to explain a part of it, and to write the
/// document of the page.
struct DiagnosisBench {
  private var diagnostics = Diagnostics()

  /// CPU times of one poll's report, µs.
  mutating func times(of report: Report, at poll: Int) -> (diagnose: Int, explain: Int, page: Int) {
    var report = report
    let start = threadCPU()
    _ = diagnostics.diagnose(&report, at: Int64(poll) * 5_000, linger: 900_000)
    let diagnosed = threadCPU()
    let explanation = Explanation(of: .process("service-7"), in: report)
    _ = ExplanationText.render(explanation)
    let explained = threadCPU()
    _ = PageJSON.document(
      report, History(), .init(age: 0, interval: 5000, showsAddresses: true))
    return (diagnosed - start, explained - diagnosed, threadCPU() - explained)
  }
}
