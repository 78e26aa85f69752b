import SeededRandom
import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcessNameTests {
  private static func name(
    _ executable: String, _ arguments: [String], command: String = "comm",
    programExists: Bool? = nil
  ) -> String {
    ProcessFacts(
      identity: ProcessIdentity(pid: 7, startTime: 1), executable: executable, command: command,
      arguments: arguments, programExists: programExists
    ).name
  }

  /// Executable, arguments separated by `|`, name.
  static let rows: [(String, String, String)] = [
    ("/usr/sbin/nginx", "nginx: master process /usr/sbin/nginx", "nginx"),
    ("/usr/sbin/nginx (deleted)", "nginx", "nginx"),
    ("/usr/lib/postgresql/15/bin/postgres", "postgres: a b 10.0.0.1(5) idle", "postgres"),
    ("/usr/sbin/php-fpm8.2", "php-fpm: pool www", "php-fpm8.2"),
    ("/opt/pythonista", "pythonista|x.py", "pythonista"),
    ("", "whatever", "comm"),
    ("/", "whatever", "comm"),
    ("/usr/bin/node", "node|/srv/app/server.js", "server.js"),
    ("/usr/bin/node", "node|server.js|--port|80", "server.js"),
    ("/usr/bin/nodejs", "nodejs|-r|dotenv/config|server.js", "server.js"),
    ("/usr/bin/node", "node|--require|x|--import|y|--loader|z|main.mjs", "main.mjs"),
    ("/usr/bin/node", "node|--inspect=0.0.0.0:9229|--max-old-space-size=4096|a.js", "a.js"),
    ("/usr/bin/node", "node|-e|require('http')", "node"),
    ("/usr/bin/node", "node|--eval=1|x.js", "node"),
    ("/usr/bin/node", "node|-pe|1", "node"),
    ("/usr/bin/node", "node", "node"),
    ("/usr/bin/node", "node|.", "node"),
    ("/usr/bin/node", "node|dist/", "dist"),
    ("/usr/bin/node", "node|--|-odd.js", "-odd.js"),
    ("/usr/bin/node", "node|-r", "node"),
    ("/usr/bin/node (deleted)", "node|server.js", "server.js"),
    ("/usr/bin/node", "my shop worker", "my"),
    ("/usr/bin/node", "node server.js ready", "server.js"),
    ("/usr/bin/node", "10.0.0.1:80 idle", "node"),
    ("/usr/bin/node", "   ", "node"),
    ("/usr/bin/python3.11", "python3|worker.py", "worker.py"),
    ("/usr/bin/python3.11", "python3|-m|http.server|8000", "http.server"),
    ("/usr/bin/python3.11", "python3|-mhttp.server", "http.server"),
    ("/usr/bin/python3.11", "python3|-um|http.server", "http.server"),
    ("/usr/bin/python3.11", "python3|-W|ignore|-X|dev|-u|w.py", "w.py"),
    ("/usr/bin/python3.11", "python3|-Wignore|w.py", "w.py"),
    ("/usr/bin/python3.11", "python3|-c|import x", "python3.11"),
    ("/usr/bin/python3.11", "python3|-uc|import x", "python3.11"),
    ("/usr/bin/python3.11", "python3|-", "python3.11"),
    ("/usr/bin/python3.11", "python3", "python3.11"),
    ("/usr/bin/python3.11", "/srv/venv/bin/python", "python3.11"),
    ("/usr/bin/python3.11", "/srv/venv/bin/python|/srv/venv/bin/gunicorn|app", "gunicorn"),
    ("/usr/bin/python3.11", "gunicorn: master [shop]", "gunicorn"),
    ("/usr/bin/python2", "python2|old.py", "old.py"),
    ("/usr/bin/ruby3.1", "ruby|-I|lib|-rjson|app.rb", "app.rb"),
    ("/usr/bin/ruby", "ruby|-ne|puts", "ruby"),
    ("/usr/bin/ruby3.1", "puma 6.4.2 (tcp://0.0.0.0:3000) [shop]", "puma"),
    ("/usr/bin/perl", "/usr/bin/perl|-w|-Ilib|-MJSON|/usr/bin/starman", "starman"),
    ("/usr/bin/perl", "perl|-we|1", "perl"),
    ("/usr/bin/perl", "perl|-e|1", "perl"),
    ("/usr/bin/php8.2", "php|-d|memory_limit=1G|artisan|queue:work", "artisan"),
    ("/usr/bin/php8.2", "php|-S|0:8080|-t|web|router.php", "router.php"),
    ("/usr/bin/php8.2", "php|-S|0:8080", "php8.2"),
    ("/usr/bin/php", "php|-f|x.php", "x.php"),
    ("/usr/bin/php", "php|--file=/srv/x.php", "x.php"),
    ("/usr/bin/php", "php|-r|echo 1;", "php"),
    ("/usr/bin/bash", "/bin/bash|/usr/local/bin/backup|x", "backup"),
    ("/usr/bin/bash", "bash|-c|sleep 1", "bash"),
    ("/usr/bin/bash", "bash|-lc|sleep 1", "bash"),
    ("/usr/bin/bash", "bash|-euo|pipefail|run.sh", "run.sh"),
    ("/usr/bin/bash", "bash|+o|posix|run.sh", "run.sh"),
    ("/usr/bin/bash", "-bash", "bash"),
    ("/usr/bin/bash", "bash|/dev/fd/63", "bash"),
    ("/usr/bin/perl", "perl|/proc/self/fd/3", "perl"),
    ("/usr/bin/dash", "sh|-ec|x", "dash"),
    ("/usr/bin/dash", "sh|-e|/etc/init.d/x", "x"),
    ("/usr/bin/java", "java|-Xmx1g|-jar|/srv/app.jar|--x", "app.jar"),
    ("/usr/bin/java", "java|-cp|a:b|com.example.Main|x", "com.example.Main"),
    ("/usr/bin/java", "java|--add-opens|a/b=c|-classpath|x|com.example.Main", "com.example.Main"),
    ("/usr/bin/java", "java|--add-opens=a/b=c|-Dx=y|@args|Main", "Main"),
    ("/usr/bin/java", "java|-p|mods|-m|shop/com.example.Main", "com.example.Main"),
    ("/usr/bin/java", "java|--module=shop/com.example.Main", "com.example.Main"),
    ("/usr/bin/java", "java|-version", "java"),
    ("/usr/bin/java", "java|-jar", "java"),
    ("/usr/bin/deno", "deno|run|--allow-net|/srv/main.ts", "main.ts"),
    ("/usr/bin/deno", "deno|run|--config|deno.json|-A|main.ts", "main.ts"),
    ("/usr/bin/deno", "deno|task|start", "deno"),
    ("/usr/bin/deno", "deno|main.ts", "main.ts"),
    ("/usr/bin/deno", "deno|eval|1", "deno"),
    ("/usr/bin/deno", "deno|run|run", "run"),
    ("/usr/bin/bun", "bun|run|index.ts", "index.ts"),
    ("/usr/bin/bun", "bun|--watch|index.ts", "index.ts"),
    ("/usr/bin/bun", "bun|-e|1", "bun"),
    ("/usr/bin/node", "node|/srv/we\"ird\nname.js", "we\"ird\nname.js"),
  ]

  @Test(arguments: rows)
  func `an interpreter goes by what it runs`(executable: String, arguments: String, name: String) {
    let list = arguments.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    #expect(Self.name(executable, list, programExists: true) == name)
  }

  @Test func `without anything the name is unknown`() {
    #expect(Self.name("", [], command: "") == "unknown")
    #expect(Self.name("/usr/bin/node", [], command: "") == "node")
  }

  @Test func `long names are cut off`() {
    let long = String(repeating: "x", count: 5000)
    #expect(Self.name("/usr/bin/" + long, []).count == ProcessFacts.longestName)
    #expect(
      Self.name("/usr/bin/node", ["node", long], programExists: true).count
        == ProcessFacts.longestName)
    #expect(Self.name("", [], command: long).count == ProcessFacts.longestName)
    // One character with any number of accents.
    let accents = "e" + String(repeating: "\u{301}", count: 1000)
    #expect(
      Self.name("/usr/bin/node", ["node", accents], programExists: true).unicodeScalars.count
        == ProcessFacts.longestName)
  }

  @Test func `a character of many scalars is cut too`() {
    let one = "e" + String(repeating: "\u{301}", count: 2000)
    #expect(one.count == 1)
    #expect(Self.name("/usr/bin/" + one, []).unicodeScalars.count == ProcessFacts.longestName)
  }

  static let commandLines: [(String, [String])] = [
    ("", []), ("\0", []), ("\0\0\0", []), ("a", ["a"]), ("a\0", ["a"]), ("a\0b\0", ["a", "b"]),
    ("a\0\0b\0", ["a", "", "b"]), ("a\0b", ["a", "b"]), ("a title\0\0\0\0", ["a title"]),
  ]

  @Test(arguments: commandLines)
  func `command lines are split at zero bytes`(text: String, arguments: [String]) {
    #expect(ProcessFacts.arguments(cmdline: Array(text.utf8).span) == arguments)
  }

  @Test func `the argument that was cut off is dropped`() {
    let bytes = Array("java\0-cp\0/a/b/c".utf8)
    #expect(ProcessFacts.arguments(cmdline: bytes.span, longest: bytes.count) == ["java", "-cp"])
    #expect(ProcessFacts.arguments(cmdline: Array("xyz".utf8).span, longest: 3) == ["xyz"])
  }

  /// Programs that are there, and such as could be anything.
  static let unseen: [(String, String, String)] = [
    ("/usr/bin/node", "node|/srv/app/server.js", "server.js"),
    ("/usr/bin/python3", "python3|manage.py", "manage.py"),
    ("/usr/bin/python3", "python3|-m|http.server", "http.server"),
    ("/usr/bin/java", "java|-jar|/srv/app.jar", "app.jar"),
    ("/usr/bin/bash", "bash|/usr/local/bin/backup", "bash"),
    ("/usr/bin/php", "php|artisan|serve", "php"),
    ("/usr/bin/node", "node|hunter2", "node"),
    ("/usr/bin/node", "node|pass word.js", "node"),
    ("/usr/bin/perl", "perl|https://u:p@h/x.pl?k=v", "perl"),
  ]

  @Test(arguments: unseen)
  func `a file that nobody saw must at least look like one`(
    executable: String, arguments: String, name: String
  ) {
    let list = arguments.split(separator: "|").map(String.init)
    #expect(Self.name(executable, list) == name)
    #expect(Self.name(executable, list, programExists: false) == name)
  }

  /// Code in every form that the manuals give it.
  static let oneLiners: [(String, String)] = [
    ("perl", "perl|-lne|SECRET"), ("perl", "perl|-0777ne|SECRET"), ("perl", "perl|-0xFFne|SECRET"),
    ("perl", "perl|-l0ne|SECRET"), ("perl", "perl|-F:|-lanE|SECRET"), ("perl", "perl|-de|SECRET"),
    ("perl", "perl|-MFoo|-we|SECRET"), ("perl", "perl|-i.bak|-pe|SECRET"),
    ("perl", "perl|-C|-e|SECRET"), ("perl", "perl|--unknown|SECRET"), ("perl", "perl|-Q|SECRET"),
    ("python3", "python3|-c|SECRET"), ("python3", "python3|-uc|SECRET"),
    ("python3", "python3|-Bsc|SECRET"), ("python3", "python3|-Ximporttime|-c|SECRET"),
    ("python3", "python3|--unknown|SECRET"), ("python3", "python3|-W|SECRET|-c|x"),
    ("ruby", "ruby|-lne|SECRET"), ("ruby", "ruby|-0777e|SECRET"), ("ruby", "ruby|-an|-e|SECRET"),
    ("ruby", "ruby|--unknown|SECRET"), ("ruby", "ruby|-W0|-e|SECRET"),
    ("node", "node|-e|SECRET"), ("node", "node|-pe|SECRET"), ("node", "node|--eval=SECRET"),
    ("node", "node|--print|SECRET"), ("node", "node|--title|SECRET"),
    ("node", "node|--some-new-option|SECRET"), ("node", "node|--env-file|SECRET"),
    ("php", "php|-r|SECRET"), ("php", "php|-nr|SECRET"), ("php", "php|-B|SECRET|-R|SECRET"),
    ("php", "php|-d|x=SECRET"), ("php", "php|--unknown|SECRET"),
    ("bash", "bash|-c|SECRET"), ("bash", "bash|-lic|SECRET"), ("bash", "bash|-euxc|SECRET"),
    ("bash", "bash|-o|pipefail|-c|SECRET"), ("bash", "bash|--unknown|SECRET"),
    ("dash", "sh|-ec|SECRET"), ("zsh", "zsh|-fc|SECRET"),
    ("java", "java|-Dpassword=SECRET"), ("java", "java|-cp|SECRET"),
    ("java", "java|--unknown|SECRET x"), ("java", "java|-jar"),
    ("deno", "deno|eval|SECRET"), ("deno", "deno|task|SECRET"), ("deno", "deno|run|--seed|SECRET"),
    ("bun", "bun|-e|SECRET"), ("bun", "bun|exec|SECRET"), ("bun", "bun|x|SECRET"),
  ]

  @Test(arguments: oneLiners)
  func `code in an argument is never a name`(program: String, arguments: String) {
    for secret in ["hunter2", "print(1)", "s3cret/pw", "a b", "x=1;y"] {
      let list = arguments.replacing("SECRET", with: secret).split(separator: "|").map(String.init)
      // Even if a file of that name happened to be there.
      for exists in [true, false, nil] {
        #expect(Self.name("/usr/bin/" + program, list, programExists: exists) == program)
      }
    }
  }

  @Test func `a secret in any place is never a name unless a file of that name is there`() {
    let words = Set(Self.rows.flatMap { $0.1.split(separator: "|").map(String.init) })
      .union(Self.oneLiners.flatMap { $0.1.split(separator: "|").map(String.init) }).sorted()
    let programs = ["node", "python3", "ruby", "perl", "php", "bash", "java", "deno", "bun"]
    var random = SplitMix64(state: 2)
    for _ in 0..<50_000 {
      var list = [programs[Int(random.next() % UInt64(programs.count))]]
      for _ in 0..<(random.next() % 5) {
        list.append(words[Int(random.next() % UInt64(words.count))])
      }
      list.insert(
        "pa$$:w0rd", at: 1 + Int(random.next() % UInt64(list.count)))
      for exists in [false, nil] {
        let name = Self.name("/usr/bin/" + list[0], list, programExists: exists)
        #expect(!name.contains("w0rd"), "\(list)")
      }
    }
  }

  @Test func `mutated arguments never crash`() {
    let words = Self.rows.flatMap { $0.1.split(separator: "|") }.map { Array($0.utf8) }
    let programs = ["node", "python3", "ruby", "perl", "php", "bash", "java", "deno", "bun"]
    var random = SplitMix64(state: 1)
    for _ in 0..<20_000 {
      var line: [UInt8] = []
      for _ in 0..<(random.next() % 6) {
        line += words[Int(random.next() % UInt64(words.count))] + [0]
      }
      if !line.isEmpty {
        line[Int(random.next() % UInt64(line.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let program = programs[Int(random.next() % UInt64(programs.count))]
      let name = Self.name("/bin/" + program, ProcessFacts.arguments(cmdline: line.span))
      #expect(!name.isEmpty && name.unicodeScalars.count <= ProcessFacts.longestName)
    }
  }
}
