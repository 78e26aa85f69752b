internal import SocketStates

extension ProcessFacts {
  /// The longest name that is kept, in Unicode scalars: names become label values, and a character
  /// may be made of any number of scalars.
  package static let longestName = 128

  /// The beginning of a name, made visible, not longer than may be.
  static func shown(_ name: String) -> String {
    String(name.visibleName.unicodeScalars.prefix(longestName))
  }

  var launch: Launch {
    Launch(executable: executable, command: command, arguments: arguments)
  }

  /// The name that the process is shown by: that of its executable, or of what an interpreter
  /// runs; `unknown` if nothing says anything.
  package var name: String {
    let launch = launch
    let candidates = [script(of: launch), launch.program.withoutRelease, command].compactMap { $0 }
    return Self.shown(candidates.first { !$0.isEmpty } ?? "unknown")
  }

  /// The name of what an interpreter runs. An argument could be anything, a password too: a file is one
  /// that exists, or that has the looks of one.
  private func script(of launch: Launch) -> String? {
    switch launch.runs {
    case .module(let name):
      return name.saysNothing
        ? directory.flatMap { $0.telling }.map { "\($0)/\(name)" } ?? name : name
    case .file(let path, let server):
      guard programExists == true || server == nil && launch.looksLikeProgram(path) else {
        return server
      }
      let name = path.basename.withoutWrapper.withoutBuild
      guard name.saysNothing, programExists == true,
        let whole = path.hasPrefix("/") ? path : directory.map({ "\($0)/\(path)" })
      else { return name }
      let folder = whole.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(whole[..<$0]) }
      return folder?.telling.map { "\($0)/\(name)" } ?? name
    case .worker, nil: return nil
    }
  }
}

/// How a process was started: its program, and what that runs.
struct Launch {
  /// The name of the program: that of its file, or the one that it was called by.
  let program: String
  private let interpreter: Interpreter?
  /// What an interpreter was told to run.
  let runs: Interpreter.Program?

  init(executable: String, command: String, arguments: [String]) {
    let deleted = " (deleted)"
    let file =
      (executable.hasSuffix(deleted)
      ? String(executable.dropLast(deleted.count)) : executable).basename.withoutWrapper
    var words = arguments
    var program = file
    if file == "busybox" || file == "toybox" {
      // These go by the name that they are called by, or by their first argument.
      if words.first?.basename == file, words.count > 1 { words.removeFirst() }
      let applet = words.first.map { $0.hasPrefix("-") ? String($0.dropFirst()) : $0 } ?? ""
      if applet.basename.isFileName { program = applet.basename }
    } else if Interpreter(program: file) == nil,
      let called = words.first?.calledNames.first(where: {
        $0.isFileName && String(decoding: $0.utf8.prefix(15), as: UTF8.self) == command
      })
    {
      // The kernel took its own name of it from the path that was executed, a link perhaps, or a file that may not be
      // seen.
      program = called
    }
    self.program = program
    interpreter = Interpreter(program: program)
    runs = interpreter?.program(in: words)
  }

  func looksLikeProgram(_ path: String) -> Bool {
    interpreter?.looksLikeProgram(path) ?? false
  }
}
