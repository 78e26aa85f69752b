extension ProcessFacts {
  /// The longest name that is kept, in Unicode scalars: names become label values, and a character
  /// may be made of any number of scalars.
  package static let longestName = 128

  /// The beginning of a name, not longer than may be.
  static func shortened(_ name: String) -> String {
    String(name.unicodeScalars.prefix(longestName))
  }

  /// The name that the process is shown by: that of its executable, or of what an interpreter
  /// runs; `unknown` if nothing says anything.
  package var name: String {
    let program = programName
    let runs = Interpreter(program: program)?.program(in: arguments)
    let candidates = [runs, program, command].compactMap { $0 }
    return Self.shortened(candidates.first { !$0.isEmpty } ?? "unknown")
  }

  /// The basename of /proc/PID/exe, which says ` (deleted)` once the file was replaced.
  private var programName: String {
    let deleted = " (deleted)"
    return
      (executable.hasSuffix(deleted)
      ? String(executable.dropLast(deleted.count)) : executable).basename
  }
}
