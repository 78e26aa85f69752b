import Configuration
import Exposition
import NIOCore
import SocketStates

/// Goes from the findings of one host to their causes on others, host to host.
struct PeerWalk {
  /// Hosts that are asked, at most: whoever answers may name any number.
  static let hostLimit = 16

  private let client: PeerClient
  /// Hosts one behind the other.
  private let depth: Int
  /// Finds what an address that is translated on this host leads to.
  private let translated: (_ local: Endpoint?, _ remote: Endpoint) -> Endpoint?
  private var asked: Set<Address> = []
  /// Hosts that did not answer, and why; none is asked twice.
  private var failed: [Address: String] = [:]

  init(
    _ client: PeerClient, depth: Int, translated: @escaping (Endpoint?, Endpoint) -> Endpoint?
  ) {
    self.client = client
    self.depth = depth
    self.translated = translated
  }

  /// The ways that begin at what one host has found.
  mutating func ways(from answer: PeerAnswer) -> [PeerWay] {
    var ways: [PeerWay] = []
    for finding in answer.findings where finding.severity > .normal {
      for question in PeerQuestion.all(of: finding).prefix(3) {
        ways.append(way(question, "\(finding.process): \(finding.headline)"))
      }
    }
    guard ways.isEmpty else { return ways }
    // Nothing is wrong with it here: then both ends are shown.
    let ends =
      answer.sockets.map {
        (PeerQuestion($0), "\($0.labels.process): \($0.words(showsAddresses: true))")
      } + answer.endings.map { (PeerQuestion($0), $0.story) }
    return ends.filter { $0.0.remote.port != 0 && !$0.0.remote.address.isLoopback }.prefix(1)
      .map { way($0.0, $0.1) }
  }

  private mutating func way(_ question: PeerQuestion, _ start: String) -> PeerWay {
    var way = PeerWay(start: start)
    var next: PeerQuestion? = question
    var seen: Set<Address> = []
    while let question = next {
      next = nil
      guard way.steps.count < depth else {
        way.end = "\(question.remote.address): not asked; --depth \(depth) ends here."
        break
      }
      let isFirst = way.steps.isEmpty
      let target = isFirst ? translated(question.local, question.remote) : nil
      var asked = question
      if let target { (asked.remote, asked.port) = (target, target.port) }
      let address = asked.remote.address
      guard seen.insert(address).inserted else { break }
      var step = PeerWay.Step(question: asked, host: "\(address)")
      if let target {
        step.lines.append(
          "\(question.remote) leads to \(target), as this host's connection tracking tells.")
      }
      switch answers(to: asked) {
      case .failure(let reason):
        step.lines.append("\(address): \(reason.message). What is there stays open.")
        way.end = step.lines.last ?? ""
      case .success(let answers):
        let verdict = PeerVerdict(asked, at: "\(address)", answers)
        step.lines += verdict.lines
        way.end = verdict.end
        if let cause = verdict.cause { next = PeerQuestion.all(of: cause).first }
      }
      way.steps.append(step)
    }
    return way
  }

  private mutating func answers(
    to question: PeerQuestion
  ) -> Result<PeerVerdict.Answers, Failure> {
    let address = question.remote.address
    if let reason = failed[address] { return .failure(Failure(message: reason)) }
    guard client.settings.allow.contains(where: { $0.contains(address) }) else {
      return .failure(Failure(message: "not asked: it is in none of the ranges of peers.allow"))
    }
    guard asked.contains(address) || asked.count < Self.hostLimit else {
      return .failure(Failure(message: "not asked: \(Self.hostLimit) hosts were"))
    }
    asked.insert(address)
    do throws(Failure) {
      var answers = PeerVerdict.Answers()
      if let local = question.local, question.remote.port != 0 {
        answers.connection = try answer(
          address, "/api/v1/explain", [("subject", "\(question.remote) \(local)")])
      }
      let isKnown = answers.connection.map { !$0.sockets.isEmpty || !$0.endings.isEmpty } ?? false
      if !isKnown, let port = question.port {
        answers.port = try answer(address, "/api/v1/explain", [("subject", ":\(port)")])
      }
      if !isKnown, question.kind.hasPrefix("connects_") {
        answers.listeners = try answer(address, "/api/v1/sockets", [("state", "listen")])?.sockets
      }
      return .success(answers)
    } catch {
      failed[address] = error.message
      return .failure(error)
    }
  }

  private func answer(
    _ address: Address, _ path: String, _ query: [(name: String, value: String)]
  ) throws(Failure) -> PeerAnswer? {
    let outcome = try? client.ask("\(address)", path, query).wait().outcome
    switch outcome {
    case .answer(let answer): return answer
    case .nothing: return nil
    case .hidden:
      throw Failure(
        message:
          "it does not show connections to this client; use peers.user or peers.cert_file, which its web configuration has to know"
      )
    case .failed(let reason): throw Failure(message: reason)
    case nil: throw Failure(message: "no response")
    }
  }
}
