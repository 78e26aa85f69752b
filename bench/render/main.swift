// bench-render : what it takes to write a report of many groups as text.
//
//   bench-render GROUPS STATES RUNS
//
// STATES is 3 or 11, states in each group. Prints one line: the CPU times of RUNS renderings in µs,
// then the bytes and the samples of the text. Each rendering is of a report of its own.
//
//   bench-render GROUPS STATES RUNS findings
//
// lists the sockets, and prints instead for each run the CPU times, in µs, of the diagnosis, of an
// explanation and of the page's document, and the number of sockets.

import Exposition
import Glibc
import SocketStates

func threadCPU() -> Int {
  var time = timespec()
  unsafe _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard arguments.count == 3, (1...20_000).contains(arguments[0]),
  [3, 11].contains(arguments[1]), arguments[2] > 0
else {
  print("usage: bench-render GROUPS 3|11 RUNS")
  exit(2)
}
let states: [TCPState] =
  arguments[1] == 3 ? [.established, .closeWait] : TCPState.allCases.filter { $0 != .listen }
var population = Population(groups: arguments[0], states: states)
if CommandLine.arguments.last == "findings" {
  var bench = DiagnosisBench()
  population.listsSockets = true
  for run in 0..<arguments[2] {
    let report = population.poll()
    let times = bench.times(of: report, at: run)
    print(times.diagnose, times.explain, times.page, report.sockets?.count ?? 0)
  }
  exit(0)
}
var exposition = TextExposition(
  build: BuildInfo(version: "bench", revision: "", swiftVersion: ""))
var text: [UInt8] = []
// The first reports have no differences yet, and the first text makes the buffer grow.
for _ in 0..<2 { exposition.render(population.poll(), as: .text, into: &text) }
var times: [Int] = []
for _ in 0..<arguments[2] {
  let report = population.poll()
  guard report.groups.count >= arguments[0], report.groupsRefused == 0 else {
    print("the report has \(report.groups.count) groups")
    exit(1)
  }
  let start = threadCPU()
  exposition.render(report, as: .text, into: &text)
  times.append(threadCPU() - start)
}
let lines = text.split(separator: UInt8(ascii: "\n"))
let samples = lines.count { $0.first != UInt8(ascii: "#") }
print(times.map { "\($0)" }.joined(separator: " "), text.count, samples)
