/// A program that is known by what it runs, and how to find that among its arguments.
///
/// Options are those of the interpreters' manuals; one that is not listed is taken for one
/// without a value.
struct Interpreter: Sendable {
  /// Options after which there is code, or nothing, instead of a program with a name.
  var code: Set<String> = []
  /// Options whose value is the program.
  var program: Set<String> = []
  /// Options whose value is an argument of its own and not the program.
  var valued: Set<String> = []
  /// Whether options of one letter may share a dash, and their value too: `-lc`, `-mjson.tool`.
  var bundles = false
  /// Letters of such a bundle after which the rest of it is a value, if there is a rest.
  var attached: Set<String> = []
  /// Words before the program that are not the program: `run`.
  var verbs: Set<String> = []
  /// Words in place of a program that run none: `repl`.
  var idle: Set<String> = []

  /// The name of what the arguments, the interpreter's own name first, have it run.
  ///
  /// nil if that is nothing with a name: code in an argument, standard input, the directory that
  /// the process happens to be in.
  func program(in arguments: [String]) -> String? {
    guard let own = arguments.first else { return nil }
    if arguments.count == 1 { return program(inTitle: own) }
    var words = arguments.dropFirst()
    var verbs = verbs
    while let word = words.popFirst() {
      switch meaning(of: word) {
      case .nothing: return nil
      case .program(let name): return Self.shown(name)
      case .programFollows: return words.first.flatMap(Self.shown)
      case .valueFollows: _ = words.popFirst()
      case .flag: break
      case .word:
        if idle.contains(word) { return nil }
        guard verbs.contains(word) else { return Self.shown(word) }
        verbs = []
      }
    }
    return nil
  }

  private enum Meaning {
    case nothing, flag, valueFollows, programFollows, word
    case program(String)
  }

  private func meaning(of word: String) -> Meaning {
    if word == "-" { return .nothing }
    if word == "--" { return .programFollows }
    guard let first = word.first, first == "-" || first == "+" || first == "@" else { return .word }
    if let known = meaning(ofOption: word) { return known }
    if word.hasPrefix("--") {
      guard let equals = word.firstIndex(of: "=") else { return .flag }
      switch meaning(ofOption: String(word[..<equals])) {
      case .nothing: return .nothing
      case .programFollows: return .program(String(word[word.index(after: equals)...]))
      default: return .flag
      }
    }
    return bundles && first != "@" ? meaning(ofBundle: word.dropFirst()) : .flag
  }

  private func meaning(ofOption option: String) -> Meaning? {
    if code.contains(option) { return .nothing }
    if program.contains(option) { return .programFollows }
    return valued.contains(option) ? .valueFollows : nil
  }

  private func meaning(ofBundle letters: Substring) -> Meaning {
    var rest = letters
    while let letter = rest.popFirst() {
      switch meaning(ofOption: "-\(letter)") {
      case .nothing: return .nothing
      case .programFollows: return rest.isEmpty ? .programFollows : .program(String(rest))
      case .valueFollows: return rest.isEmpty ? .valueFollows : .flag
      default: if attached.contains("-\(letter)") { return .flag }
      }
    }
    return .flag
  }

  /// What a title says that a program wrote over its arguments (setproctitle(3bsd), `$0 =`,
  /// `process.title =`): `gunicorn: master [shop]`, `puma 6.4.2 (tcp://…)`, `node app.js`.
  private func program(inTitle title: String) -> String? {
    let words = title.split(separator: " ").map { String($0) }
    guard let first = words.first, first.hasPrefix("-") == false else { return nil }
    if Interpreter(program: first.basename) != nil {
      return words.count > 1 ? program(in: words) : nil
    }
    let name = first.hasSuffix(":") ? String(first.dropLast()) : first
    // A title that starts with anything else, an address or a job's number, is no name.
    return name.first?.isLetter == true ? Self.shown(name) : nil
  }

  private static func shown(_ path: String) -> String? {
    // `bash <(…)` and the like: a descriptor's number is no name.
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return nil }
    let name = path.basename
    return name.isEmpty || name == "." || name == ".." ? nil : name
  }
}
