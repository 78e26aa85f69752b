extension Interpreter {
  /// The interpreter of that name, versions included (`python3.11`); nil if it is none.
  ///
  /// `php-fpm8.2` is none: what it runs is a pool, no script.
  init?(program: String) {
    switch Self.withoutVersion(program) {
    case "node", "nodejs": self = .node
    case "python": self = .python
    case "ruby": self = .ruby
    case "perl": self = .perl
    case "php": self = .php
    case "bash", "sh", "dash", "zsh": self = .shell
    case "java": self = .java
    case "deno": self = .deno
    case "bun": self = .bun
    default: return nil
    }
  }

  private static func withoutVersion(_ program: String) -> Substring {
    for name in ["python", "ruby", "perl", "php"] where program.hasPrefix(name) {
      let version = program.dropFirst(name.count)
      return version.first?.isNumber == true ? program.prefix(name.count) : program[...]
    }
    return program[...]
  }

  private static let node = Interpreter(
    code: ["-e", "--eval", "-p", "--print", "-pe", "-i", "--interactive"],
    program: ["--run"],
    valued: [
      "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
      "--env-file", "--env-file-if-exists", "--input-type", "--inspect-port", "--icu-data-dir",
      "--openssl-config", "--redirect-warnings", "--trace-event-categories", "--watch-path",
      "--max-http-header-size", "--dns-result-order", "--unhandled-rejections", "--diagnostic-dir",
    ],
    idle: ["inspect"])

  private static let python = Interpreter(
    code: ["-c"], program: ["-m"], valued: ["-W", "-X", "--check-hash-based-pycs"], bundles: true)

  private static let ruby = Interpreter(
    code: ["-e"], valued: ["-C", "-E", "-I", "-r", "--encoding", "--external-encoding"],
    bundles: true, attached: ["-0", "-F", "-i", "-K", "-T", "-W", "-x"])

  private static let perl = Interpreter(
    code: ["-e", "-E"], valued: ["-I"], bundles: true,
    attached: ["-0", "-C", "-d", "-D", "-F", "-i", "-l", "-m", "-M", "-V", "-x"])

  private static let php = Interpreter(
    code: ["-r", "--run", "-R", "--process-code", "-B", "-E", "-a", "--interactive"],
    program: ["-f", "--file", "-F", "--process-file"],
    valued: [
      "-c", "--php-ini", "-d", "--define", "-z", "--zend-extension", "-t", "--docroot", "-S",
      "--server",
    ],
    bundles: true)

  private static let shell = Interpreter(
    code: ["-c", "-s"], valued: ["-o", "-O", "+o", "+O", "--rcfile", "--init-file"], bundles: true)

  private static let java = Interpreter(
    program: ["-jar", "-m", "--module"],
    valued: [
      "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path",
      "--add-modules", "--add-opens", "--add-exports", "--add-reads", "--patch-module",
      "--limit-modules", "--enable-native-access", "--source",
    ])

  private static let deno = Interpreter(
    valued: [
      "-c", "--config", "--import-map", "-L", "--log-level", "--cert", "--location", "--seed",
      "--port", "--host", "--cwd", "--ext", "--preload",
    ],
    verbs: ["run", "serve", "task", "test", "bench"], idle: ["eval", "repl", "lsp"])

  private static let bun = Interpreter(
    code: ["-e", "--eval", "-p", "--print"],
    valued: ["-r", "--preload", "--require", "--import", "-c", "--cwd", "--env-file", "--port"],
    verbs: ["run", "x", "test"], idle: ["repl"])
}
