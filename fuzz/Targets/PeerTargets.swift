import Exposition
import SocketStates

/// What other hosts say, or whoever answers in their place.
enum PeerTargets {
  /// Nothing that comes of an answer may be obeyed by a terminal, or be without a bound.
  static func peers(_ bytes: [UInt8]) throws {
    guard let answer = PeerAnswer(bytes) else { return }
    try Finding.unless(
      answer.findings.count <= PeerAnswer.limit && answer.sockets.count <= PeerAnswer.limit,
      "\(answer.findings.count) findings")
    let questions =
      answer.findings.flatMap { PeerQuestion.all(of: $0) }
      + answer.sockets.map { PeerQuestion($0) }
    var ways: [PeerWay] = []
    for question in questions.prefix(64) {
      var answers = PeerVerdict.Answers()
      answers.connection = answer
      answers.listeners = answer.sockets
      let verdict = PeerVerdict(question, at: "192.0.2.1", answers)
      var way = PeerWay(start: answer.findings.first?.headline ?? "")
      way.steps = [PeerWay.Step(question: question, host: "192.0.2.1")]
      way.steps[0].lines = verdict.lines
      way.end = verdict.end
      ways.append(way)
    }
    let text = PeerWay.text(ways, TextView())
    try Finding.unless(
      text.unicodeScalars.allSatisfy { $0 == "\n" || $0.isVisible }, "a text that is obeyed")
    let json = PeerWay.appended(ways, to: Array("{}".utf8))
    try Finding.unless(json.allSatisfy { $0 >= 0x20 || $0 == 0x0a }, "JSON that is obeyed")
  }
}
