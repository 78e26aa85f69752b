extension Interpreter {
  /// The interpreter of that name, versions included (`python3.11`); nil if it is none.
  ///
  /// `php-fpm8.2` is none: what it runs is a pool, no script.
  init?(program: String) {
    if Self.isLoader(program) {
      self = .loader
      return
    }
    switch Self.withoutVersion(program) {
    case "node", "nodejs": self = .node
    case "python", "pypy": self = .python
    case "ruby": self = .ruby
    case "perl": self = .perl
    case "php": self = .php
    case "bash", "sh", "dash": self = .shell
    case "zsh": self = .zsh
    case "java": self = .java
    case "deno": self = .deno
    case "bun": self = .bun
    case "dotnet": self = .dotnet
    case "mono", "mono-sgen": self = .mono
    case "beam.smp", "beam": self = .erlang
    case "R": self = .r
    case "lua", "luajit": self = .lua
    case "tclsh", "wish": self = .tcl
    case "pwsh": self = .pwsh
    case "dart", "dartvm", "dartaotruntime": self = .dart
    default: return nil
    }
  }

  /// The dynamic linker (ld.so(8), musl's too), and qemu's user mode emulation.
  private static func isLoader(_ program: String) -> Bool {
    if program == "ld.so" || program.hasPrefix("ld-") && program.contains(".so") { return true }
    if program == "ld64.so.1" || program == "ld64.so.2" { return true }
    guard program.hasPrefix("qemu-") else { return false }
    let machine = program.dropFirst(5)
    return [
      "aarch64", "aarch64_be", "alpha", "arm", "armeb", "hppa", "i386", "loongarch64", "m68k",
      "microblaze", "mips", "mips64", "mips64el", "mipsel", "ppc", "ppc64", "ppc64le", "riscv32",
      "riscv64", "s390x", "sh4", "sparc", "sparc64", "x86_64",
    ].contains(machine.hasSuffix("-static") ? machine.dropLast(7) : machine)
  }

  private static func withoutVersion(_ program: String) -> Substring {
    for name in ["python", "pypy", "ruby", "perl", "php", "lua", "tclsh", "wish"]
    where program.hasPrefix(name) {
      let version = program.dropFirst(name.count)
      return version.first?.isNumber == true ? program.prefix(name.count) : program[...]
    }
    return program[...]
  }

  /// `node --help` and nodejs.org/api/cli.html. Flags have common beginnings; what takes a value is listed,
  /// and node refuses to start with an option that it does not know.
  private static let node = Interpreter(
    flags: [
      "-c", "--check", "-h", "--help", "-v", "--version", "--watch", "--watch-preserve-output",
      "--test",
    ],
    selfContained: [
      "--abort-", "--allow-", "--build-snapshot", "--cpu-prof", "--disable-wasm", "--disallow-",
      "--enable-", "--entry-url", "--es-module-", "--experimental-", "--expose", "--force-",
      "--frozen-", "--harmony", "--heap-prof", "--huge-", "--insecure-", "--inspect",
      "--interpreted-", "--jitless", "--no-", "--node-memory-debug", "--pending-", "--permission",
      "--preserve-", "--prof", "--throw-", "--tls-", "--trace-", "--track-", "--use-", "--v8-",
      "--verify-", "--warnings", "--zero-fill-",
    ],
    code: ["-e", "--eval", "-p", "--print", "-pe", "-i", "--interactive", "--run"],
    valued: [
      "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions",
      "--env-file", "--env-file-if-exists", "--input-type", "--inspect-port", "--debug-port",
      "--inspect-publish-uid", "--icu-data-dir", "--openssl-config", "--redirect-warnings",
      "--trace-event-categories", "--trace-event-file-pattern", "--trace-require-module",
      "--watch-path", "--max-http-header-size", "--dns-result-order", "--unhandled-rejections",
      "--diagnostic-dir", "--disable-proto", "--disable-warning", "--title", "--stack-trace-limit",
      "--secure-heap", "--secure-heap-min", "--report-dir", "--report-directory",
      "--report-filename", "--report-signal", "--heapsnapshot-near-heap-limit",
      "--heapsnapshot-signal", "--heap-prof-dir", "--heap-prof-interval", "--heap-prof-name",
      "--cpu-prof-dir", "--cpu-prof-interval", "--cpu-prof-name", "--build-snapshot-config",
      "--experimental-default-type", "--experimental-policy", "--experimental-sea-config",
      "--allow-fs-read", "--allow-fs-write", "--tls-cipher-list", "--tls-keylog",
      "--network-family-autoselection-attempt-timeout", "--localstorage-file",
      "--max-old-space-size", "--max-semi-space-size", "--v8-pool-size", "--use-largepages",
      "--snapshot-blob", "--experimental-config-file", "--experimental-specifier-resolution",
      "--es-module-specifier-resolution", "--experimental-test-isolation",
      "--experimental-test-coverage-include", "--experimental-test-coverage-exclude",
    ],
    idle: ["inspect"], extensions: ["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"],
    hasServers: true)

  /// python(1).
  private static let python = Interpreter(
    flags: [
      "-b", "-B", "-d", "-E", "-h", "-i", "-I", "-O", "-P", "-q", "-R", "-s", "-S", "-t", "-u",
      "-v",
      "-V", "-x", "-3", "-?", "--help", "--version",
    ],
    code: ["-c"], module: ["-m"], valued: ["-W", "-X", "-Q", "--check-hash-based-pycs"],
    bundles: true, extensions: ["py", "pyc", "pyz", "pyw"], hasServers: true,
    workerCode: [
      "from multiprocessing.spawn import", "from multiprocessing.forkserver import",
      "from multiprocessing.resource_tracker import",
      "from multiprocessing.semaphore_tracker import", "from billiard.",
    ])

  /// ruby(1), and `ruby --help`.
  private static let ruby = Interpreter(
    flags: [
      "-a", "-c", "-d", "-h", "-l", "-n", "-p", "-s", "-S", "-U", "-v", "-w", "-y", "-Ka", "-KA",
      "-Ke", "-KE", "-Kn", "-KN", "-Ks", "-KS", "-Ku", "-KU", "--copyright", "--debug",
      "--debug-frozen-string-literal", "--help", "--jit", "--mjit", "--rjit", "--verbose",
      "--version", "--yjit", "--yydebug", "--zjit",
    ],
    selfContained: [
      "--disable-", "--enable-", "--jit-", "--yjit-", "--rjit-", "--mjit-", "--zjit-",
    ],
    code: ["-e"],
    valued: [
      "-C", "-E", "-I", "-r", "-X", "--encoding", "--external-encoding", "--internal-encoding",
      "--disable", "--enable", "--dump", "--parser", "--backtrace-limit", "--crash-report",
    ],
    bundles: true, attached: ["F", "i", "x"], digits: ["0", "T", "W"], extensions: ["rb", "ru"],
    hasServers: true)

  /// perlrun(1).
  private static let perl = Interpreter(
    flags: [
      "-a", "-c", "-f", "-g", "-h", "-n", "-p", "-s", "-S", "-t", "-T", "-u", "-U", "-v", "-w",
      "-W",
      "-X",
    ],
    code: ["-e", "-E"], valued: ["-I"], bundles: true,
    attached: ["C", "D", "F", "i", "m", "M", "V", "x"], digits: ["0", "l"],
    extensions: ["pl", "pm", "psgi", "cgi", "t"])

  /// php(1), and `OPTIONS` of sapi/cli/php_cli.c. What follows `--` are arguments of standard input's program.
  private static let php = Interpreter(
    flags: [
      "-C", "-e", "-h", "-H", "-i", "-l", "-m", "-n", "-q", "-s", "-v", "-w", "-?", "--help",
      "--info", "--ini", "--modules", "--no-chdir", "--no-header", "--no-php-ini",
      "--profile-info", "--strip", "--syntax-check", "--syntax-highlight", "--syntax-highlighting",
      "--hide-args", "--usage", "--version",
    ],
    code: [
      "-r", "--run", "-R", "--process-code", "-B", "--process-begin", "-E", "--process-end", "-a",
      "--interactive", "--rf", "--rfunction", "--rc", "--rclass", "--re", "--rextension", "--ri",
      "--rextinfo", "--rz", "--rzendextension", "--",
    ],
    file: ["-f", "--file", "-F", "--process-file"],
    valued: [
      "-c", "--php-ini", "-d", "--define", "-z", "--zend-extension", "-t", "--docroot", "-S",
      "--server", "--repeat",
    ],
    bundles: true, extensions: ["php", "phar", "phtml"])

  /// bash(1), dash(1).
  private static let shell = Interpreter(
    flags: Set(
      "abefhiIklmnprtuvxBCDEHPTV".map { "-\($0)" } + "abefhkmnptuvxBCEHPT".map { "+\($0)" }
    )
    .union([
      "--debug", "--debugger", "--dump-po-strings", "--dump-strings", "--emacs", "--help",
      "--login", "--noediting", "--noprofile", "--norc", "--posix", "--pretty-print",
      "--protected", "--restricted", "--verbose", "--version", "--wordexp",
    ]),
    code: ["-c", "-s"], valued: ["-o", "-O", "+o", "+O", "--rcfile", "--init-file"], bundles: true,
    valuesFollow: true, extensions: ["sh", "bash"])

  /// zsh(1) and zshoptions(1), "Single letter options".
  private static let zsh = Interpreter(
    flags: Set(
      ["-", "+"].flatMap { sign in
        "0123456789BCDEFGHIJKLMNOPQRSTUVWXYZabefghiklmnprtuvwxy".map { "\(sign)\($0)" }
      }
    ).union(["--help", "--version"]),
    code: ["-c", "-s"], valued: ["-o", "+o", "--emulate"], bundles: true, extensions: ["sh", "zsh"])

  /// java(1). An argument file (`@file`) may name the main class, so that what follows is the program's.
  private static let java = Interpreter(
    flags: [
      "-client", "-server", "-d32", "-d64", "-showversion", "--show-version", "-version",
      "--version", "-help", "--help", "-h", "-?", "-ea", "-da", "-esa", "-dsa",
      "-enableassertions", "-disableassertions", "-enablesystemassertions",
      "-disablesystemassertions", "--enable-preview", "--list-modules", "--dry-run",
      "--show-module-resolution", "--validate-modules", "-verbose", "--disable-@files",
    ],
    selfContained: [
      "-D", "-X", "-ea:", "-da:", "-enableassertions:", "-disableassertions:", "-agentlib:",
      "-agentpath:", "-javaagent:", "-verbose:", "-splash:",
    ],
    file: ["-jar"], module: ["-m", "--module"],
    valued: [
      "-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path",
      "--add-modules", "--add-opens", "--add-exports", "--add-reads", "--patch-module",
      "--limit-modules", "--enable-native-access", "--source",
      "-d", "--describe-module",
    ],
    runsClasses: true, extensions: ["jar", "war", "java"], hasServers: true)

  /// `deno run --help`, and cli/args/flags.rs for which values must follow `=`. The word after `task` is a task's
  /// name, which need not be a file's. `--lock` has taken a value of its own in some versions only.
  private static let deno = Interpreter(
    flags: [
      "-A", "--allow-all", "-q", "--quiet", "-r", "--reload", "--no-lock", "--no-remote",
      "--no-npm",
      "--no-check", "--check", "--no-config", "--no-code-cache", "--cached-only", "--frozen",
      "--watch", "--watch-hmr", "--unstable", "-E", "-N", "-R", "-S", "-W", "-I", "-P",
      "--no-prompt",
      "--no-clear-screen", "--node-modules-dir", "--vendor", "--inspect", "--inspect-brk",
      "--inspect-wait", "--parallel", "--env", "--env-file", "--v8-flags", "--coverage",
      "--unsafely-ignore-certificate-errors",
    ],
    selfContained: [
      "--allow-", "--deny-", "--unstable-", "-E=", "-N=", "-R=", "-S=", "-W=", "-I=", "-P=", "-r=",
    ],
    valued: [
      "-c", "--config", "--import-map", "--importmap", "-L", "--log-level", "--cert", "--location",
      "--seed", "--port", "--host", "--ext", "--preload", "--import", "--require",
    ],
    verbs: ["run", "serve", "test", "bench"], idle: ["eval", "repl", "lsp", "task"],
    extensions: ["ts", "tsx", "js", "mjs", "jsx", "mts"])

  /// `bun --help`, and src/cli/Arguments.zig. An optional value (`-c`, `--inspect`) must follow `=`.
  private static let bun = Interpreter(
    flags: [
      "--watch", "--hot", "--smol", "--bun", "-b", "--silent", "--no-install", "-i", "-c",
      "--config",
      "-h", "--help", "-v", "--version", "--revision", "--if-present", "--workspaces", "--inspect",
      "--inspect-wait", "--inspect-brk", "--no-clear-screen", "--prefer-offline", "--prefer-latest",
      "--no-env-file", "--preserve-symlinks", "--preserve-symlinks-main", "--no-macros",
      "--jsx-side-effects", "--ignore-dce-annotations", "--cpu-prof", "--expose-gc",
      "--no-deprecation", "--throw-deprecation", "--zero-fill-buffers", "--use-system-ca",
      "--use-openssl-ca", "--use-bundled-ca", "--redis-preconnect", "--sql-preconnect",
      "--no-addons",
    ],
    code: ["-e", "--eval", "-p", "--print"],
    valued: [
      "-r", "--preload", "--require", "--import", "--cwd", "--env-file", "--port", "--define", "-d",
      "--drop", "--loader", "-l", "--conditions", "--tsconfig-override", "--install", "--shell",
      "-F", "--filter", "--elide-lines", "-u", "--origin", "--main-fields", "--extension-order",
      "--jsx-factory", "--jsx-fragment", "--jsx-import-source", "--jsx-runtime", "--cpu-prof-name",
      "--cpu-prof-dir", "--fetch-preconnect", "--max-http-header-size", "--dns-result-order",
      "--title", "--unhandled-rejections", "--console-depth", "--user-agent",
    ],
    verbs: ["run", "test"], idle: ["repl", "x", "exec"],
    extensions: ["ts", "tsx", "js", "mjs", "cjs", "jsx", "mts", "cts"])
}
