/// A program that is known by what it runs, and how to find that among its arguments.
///
/// The tables hold every option of the interpreter's manual. One that is not in them could take the next
/// argument as its value, so it ends the search: a password must never become a name.
struct Interpreter: Sendable {
  /// What an interpreter was told to run.
  enum Program: Equatable, Sendable {
    /// A path, relative to the process's working directory or absolute; and the server that runs it.
    case file(String, of: String? = nil)
    /// A module or class, by its dotted name.
    case module(String)
    /// Part of what its parent runs, as multiprocessing starts it.
    case worker
  }

  /// Options without a value.
  var flags: Set<String> = []
  /// Beginnings of options that have their value, if any, in the same argument: `-Xmx1g`.
  var selfContained: [String] = []
  /// Options after which there is code, or nothing, instead of a program with a name.
  var code: Set<String> = []
  /// Options whose value is a file to run.
  var file: Set<String> = []
  /// Options whose value is a module or class to run.
  var module: Set<String> = []
  /// Options whose value is an argument of its own and not the program.
  var valued: Set<String> = []
  /// Whether options of one letter may share a dash, and their value too: `-lc`, `-mjson.tool`.
  var bundles = false
  /// Letters of such a bundle after which the rest of it is a value, if there is a rest.
  var attached: Set<Character> = []
  /// Whether the values of such a bundle are arguments of their own, whatever letters follow: `-oe pipefail`.
  var valuesFollow = false
  /// Letters of such a bundle that a number may follow: `-l`, `-0777`, `-0xff`; a category ends it: `-W:no-deprecated`.
  var digits: Set<Character> = []
  /// Words before the program that are not the program: `run`.
  var verbs: Set<String> = []
  /// Words in place of a program that run none that has a name: `repl`.
  var idle: Set<String> = []
  /// Whether the program is a class (java) and not a file.
  var runsClasses = false
  /// The extensions of the files that it runs.
  var extensions: Set<String> = []
  /// Whether a script may be an application server (``init(server:)``).
  var hasServers = false
  /// Whether it runs any program, interpreters too.
  var launches = false
  /// Whether the program is a Python application, `shop.web:app`.
  var runsApplications = false
  /// The file that is run if none is told.
  var defaultFile: String?
  /// Beginnings of code that makes the process a worker of its parent.
  var workerCode: [String] = []
  /// Options whose value is the name, the most telling first, wherever they stand before `-extra`.
  var anywhere: [String] = []
  /// Whether options may be written in capitals.
  var ignoresCase = false

  /// What the arguments, the interpreter's own name first, have it run.
  ///
  /// nil if that is nothing with a name: code in an argument, standard input, the directory that
  /// the process happens to be in, an option that is not known.
  func program(in arguments: [String]) -> Program? {
    guard let own = arguments.first else { return nil }
    if arguments.count == 1 { return program(inTitle: own) }
    return program(after: arguments.dropFirst())
  }

  private func program(after words: ArraySlice<String>) -> Program? {
    if !anywhere.isEmpty { return node(in: words.prefix { $0 != "-extra" }) }
    var words = words
    var verbs = verbs
    while let word = words.popFirst() {
      switch meaning(of: word) {
      case .nothing:
        let code = words.first ?? ""
        return workerCode.contains { code.hasPrefix($0) } ? .worker : nil
      case .program(let program): return inner(program, words)
      case .fileFollows:
        let file = words.popFirst().flatMap(Self.file)
        return inner(file, words)
      case .moduleFollows:
        let name = words.popFirst().flatMap(module)
        return inner(name, words)
      case .valueFollows: _ = words.popFirst()
      case .flag: break
      case .word:
        if idle.contains(word) { return nil }
        guard verbs.contains(word) else { return inner(main(word), words) }
        verbs = []
      }
    }
    return defaultFile.map { .file($0) }
  }

  private func main(_ word: String) -> Program? {
    // java also runs a source file (JEP 330).
    runsApplications || runsClasses && !word.hasSuffix(".java") ? module(word) : Self.file(word)
  }

  /// What a program runs that is itself an interpreter or an application server.
  private func inner(_ program: Program?, _ rest: ArraySlice<String>) -> Program? {
    let name: String
    switch program {
    case .file(let path, _): name = path.basename.withoutWrapper
    case .module(let module): name = module
    case .worker, nil: return program
    }
    if hasServers, let server = Interpreter(server: name) {
      guard let found = server.program(after: rest) else { return program }
      if case .file(let path, _) = found { return .file(path, of: name) }
      return found
    }
    guard launches, let next = Interpreter(program: name), !next.launches else { return program }
    return next.program(after: rest) ?? program
  }

  /// The name of an Erlang node, or of what it starts: no value of an emulator's flag begins with a dash.
  private func node(in words: ArraySlice<String>) -> Program? {
    for option in anywhere {
      if let index = words.firstIndex(of: option), index + 1 < words.endIndex {
        return module(String(words[index + 1].prefix { $0 != "@" }))
      }
    }
    return nil
  }

  private enum Meaning {
    case nothing, flag, valueFollows, fileFollows, moduleFollows, word
    case program(Program?)
  }

  private func meaning(of word: String) -> Meaning {
    if word == "-" { return .nothing }
    if word == "--" { return runsClasses || code.contains(word) ? .nothing : .fileFollows }
    guard let first = word.first, first == "-" || first == "+" || first == "@" else { return .word }
    let isLong = word.hasPrefix("--")
    // node takes `--inspect_port` for `--inspect-port`.
    let name = isLong ? word.prefix { $0 != "=" }.replacing("_", with: "-") : word[...]
    let known = meaning(ofOption: ignoresCase ? name.lowercased() : String(name))
    if isLong, name.utf8.count < word.utf8.count {
      let value = String(word.utf8.dropFirst(name.utf8.count + 1)) ?? ""
      return switch known {
      case .nothing: .nothing
      case .fileFollows: .program(Self.file(value))
      case .moduleFollows: .program(module(value))
      default: .flag
      }
    }
    if let known { return known }
    if selfContained.contains(where: { name.hasPrefix($0) }) { return .flag }
    return bundles && first != "@" && !isLong
      ? meaning(ofBundle: word.dropFirst()) : .nothing
  }

  private func meaning(ofOption option: String) -> Meaning? {
    if flags.contains(option) { return .flag }
    if code.contains(option) { return .nothing }
    if file.contains(option) { return .fileFollows }
    if module.contains(option) { return .moduleFollows }
    return valued.contains(option) ? .valueFollows : nil
  }

  private func meaning(ofBundle letters: Substring) -> Meaning {
    var rest = letters
    while let letter = rest.popFirst() {
      if attached.contains(letter) { return .flag }
      if digits.contains(letter) {
        let isHex = rest.first == "x" || rest.first == "X"
        rest =
          isHex ? rest.dropFirst().drop(while: \.isHexDigit) : rest.drop { "01234567".contains($0) }
        if rest.first == ":" { return .flag }
        continue
      }
      switch meaning(ofOption: "-\(letter)") {
      case .flag: continue
      case .fileFollows: return rest.isEmpty ? .fileFollows : .program(Self.file(String(rest)))
      case .moduleFollows:
        return rest.isEmpty ? .moduleFollows : .program(module(String(rest)))
      case .valueFollows:
        return rest.isEmpty ? .valueFollows : valuesFollow ? .nothing : .flag
      default: return .nothing
      }
    }
    return .flag
  }

  /// What a title says that a program wrote over its arguments (setproctitle(3bsd), `$0 =`,
  /// `process.title =`): `gunicorn: master [shop]`, `puma 6.4.2 (tcp://…)`, `node app.js`.
  private func program(inTitle title: String) -> Program? {
    let words = title.split(separator: " ").map { String($0) }
    guard let first = words.first, first.hasPrefix("-") == false else { return nil }
    if Interpreter(program: first.basename) != nil {
      return words.count > 1 ? program(in: words) : nil
    }
    if first == "[celeryd:" { return Self.program(inCeleryTitle: title, words) }
    let name = first.hasSuffix(":") ? String(first.dropLast()) : first
    if let server = Interpreter(server: name) { return server.program(inTitle: words, of: name) }
    if first == "Passenger", words.count > 2, words[1].hasSuffix("App:") {
      return words[2].telling.flatMap(module)
    }
    // `sidekiq 7.1.2 shop [0 of 5 busy]`.
    if words.count > 3, words[1].isVersion, words[3].hasPrefix("["), let tag = module(words[2]) {
      return tag
    }
    // `shop`, `shop: text`, `next-server (v14.1.0)`, `spamd child`: other text may be an address, a user or a request.
    let isCertain =
      words.count == 1 || first.hasSuffix(":") || words[1].isVersion || words[1].isRole
    return isCertain && !name.contains("/") ? module(name) : nil
  }

  /// `gunicorn: worker [shop:app]`, `puma: cluster worker 0: 4711 [shop]`, `unicorn worker[0] -c x.rb`.
  private func program(inTitle words: [String], of name: String) -> Program? {
    if let tag = words.last, tag.hasPrefix("["), tag.hasSuffix("]") {
      return module(String(tag.dropFirst().dropLast())) ?? .module(name)
    }
    if name.hasPrefix("unicorn"), case .file(let path, _)? = program(after: words.dropFirst(2)) {
      return .file(path, of: name)
    }
    return .module(name)
  }

  /// `[celeryd: a@host:MainProcess] -active- (-A tasks worker)`, and those that it has forked.
  private static func program(inCeleryTitle title: String, _ words: [String]) -> Program? {
    guard words.count > 1, words[1].hasSuffix(":MainProcess]") else { return .worker }
    guard title.hasSuffix(")"), let open = title.firstIndex(of: "(") else {
      return .module("celery")
    }
    let arguments = title[open...].dropFirst().dropLast().split(separator: " ").map(String.init)
    return Interpreter(server: "celery")?.program(after: arguments[...]) ?? .module("celery")
  }

  private static func file(_ path: String) -> Program? {
    // `bash <(…)` and the like: a descriptor's number is no name.
    if path.hasPrefix("/dev/") || path.hasPrefix("/proc/") { return nil }
    let name = path.basename
    return name.isEmpty || name == "." || name == ".." ? nil : .file(path)
  }

  /// A module or class; nil if it cannot be one by its characters.
  private func module(_ word: String) -> Program? {
    let name = runsApplications ? String(word.prefix { $0 != ":" }) : word
    if runsApplications, name.contains(where: { "-$/".contains($0) }) { return nil }
    let parts = name.basename.split(separator: ".", omittingEmptySubsequences: false)
    let isName = parts.allSatisfy { part in
      part.first.map { $0.isLetter || $0 == "_" } == true
        && part.allSatisfy { $0.isLetter || $0.isNumber || "_-$".contains($0) }
    }
    return isName ? .module(name.basename) : nil
  }
}

extension Interpreter {
  /// Whether a path is that of a program by its looks alone: an extension that the interpreter runs, and
  /// no character that would be odd in the name of a file.
  func looksLikeProgram(_ path: String) -> Bool {
    let name = path.basename
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return false }
    return extensions.contains(String(name[name.index(after: dot)...]))
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2d, 0x2e, 0x40, 0x5f: true
        default: false
        }
      }
  }
}
