internal import SocketStates

extension ProcessFacts {
  /// The longest name that is kept, in Unicode scalars: names become label values, and a character
  /// may be made of any number of scalars.
  package static let longestName = 128

  /// The beginning of a name, made visible, not longer than may be.
  static func shown(_ name: String) -> String {
    String(name.visibleName.unicodeScalars.prefix(longestName))
  }

  /// The name that the process is shown by: that of its executable, or of what an interpreter
  /// runs; `unknown` if nothing says anything.
  package var name: String {
    let program = Self.programName(executable)
    let script = Interpreter(program: program).flatMap { whatRuns(in: $0) }
    let candidates = [script, program, command].compactMap { $0 }
    return Self.shown(candidates.first { !$0.isEmpty } ?? "unknown")
  }

  /// The name of what the interpreter runs. An argument could be anything, a password too: a file is one
  /// that exists, or that has the looks of one.
  private func whatRuns(in interpreter: Interpreter) -> String? {
    switch interpreter.program(in: arguments) {
    case .module(let name): name
    case .file(let path):
      programExists == true || interpreter.looksLikeProgram(path) ? path.basename : nil
    case nil: nil
    }
  }

  /// The basename of /proc/PID/exe, which says ` (deleted)` once the file was replaced.
  static func programName(_ executable: String) -> String {
    let deleted = " (deleted)"
    return
      (executable.hasSuffix(deleted)
      ? String(executable.dropLast(deleted.count)) : executable).basename
  }
}
