extension Interpreter {
  /// ld.so(8), and qemu-user's manual: what they run is a program of any kind.
  static let loader = Interpreter(
    flags: [
      "--inhibit-cache", "--list", "--verify", "-strace", "-singlestep", "-one-insn-per-tb",
    ],
    selfContained: ["--library-path=", "--preload="],
    code: [
      "--list-tunables", "--list-diagnostics", "--help", "--version", "-h", "-help", "-version",
    ],
    valued: [
      "--library-path", "--inhibit-rpath", "--audit", "--preload", "--argv0",
      "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask", "-g", "-L", "-s", "-cpu", "-E", "-U", "-0",
      "-B", "-R", "-d", "-D", "-p", "-dfilter", "-seed", "-trace", "-plugin", "-r",
    ],
    launches: true)

  /// `dotnet --help`. A word that is none of the SDK's commands is an assembly.
  static let dotnet = Interpreter(
    flags: ["-d", "--diagnostics"],
    valued: [
      "--depsfile", "--runtimeconfig", "--additionalprobingpath", "--additional-deps",
      "--fx-version", "--roll-forward", "--roll-forward-on-no-candidate-fx",
    ],
    verbs: ["exec"],
    idle: [
      "add", "build", "build-server", "clean", "dev-certs", "format", "fsi", "help", "list",
      "migrate", "msbuild", "new", "nuget", "pack", "package", "publish", "reference", "remove",
      "restore", "run", "sdk", "sln", "solution", "store", "test", "tool", "user-secrets", "vstest",
      "watch", "workload",
    ],
    extensions: ["dll", "exe"])

  /// mono(1).
  static let mono = Interpreter(
    flags: [
      "--debug", "--desktop", "--server", "--llvm", "--nollvm", "--full-aot", "--hybrid-aot",
      "--interpreter", "--profile", "--trace", "--verbose", "-v",
    ],
    selfContained: [
      "--debug=", "--gc=", "--gc-params=", "--optimize=", "-O=", "--runtime=", "--profile=",
      "--trace=", "--debugger-agent=", "--assembly-loader=", "--interp=",
    ],
    valued: ["--config"], extensions: ["exe", "dll"])

  /// erl(1), "Flags": `-sname` and `-name` name the node, `-s` a module to start.
  static let erlang = Interpreter(anywhere: ["-sname", "-name", "-s"])

  /// `R --help`: what Rscript(1) executes.
  static let r = Interpreter(
    flags: [
      "--no-echo", "--slave", "--no-restore", "--restore", "--no-save", "--save", "--vanilla",
      "--quiet", "-q", "--silent", "-s", "--no-environ", "--no-site-file", "--no-init-file",
      "--no-restore-data", "--no-restore-history", "--no-readline", "--verbose",
    ],
    selfContained: ["--encoding=", "--max-ppsize=", "--max-connections=", "--gui="],
    code: ["-e", "--args"], file: ["-f", "--file"], extensions: ["R", "r"])

  /// lua(1), luajit's doc/running.html.
  static let lua = Interpreter(
    flags: ["-i", "-v", "-E", "-W"], selfContained: ["-l", "-O", "-j"], code: ["-e", "-b"],
    valued: ["-l", "-j"], extensions: ["lua"])

  /// tclsh(1), wish(1).
  static let tcl = Interpreter(valued: ["-encoding"], extensions: ["tcl", "tk"])

  /// `pwsh -?`.
  static let pwsh = Interpreter(
    flags: [
      "-noprofile", "-nop", "-noninteractive", "-noni", "-nologo", "-nol", "-noexit", "-noe",
      "-login", "-l", "-sta", "-mta", "-noprofileloadtime",
    ],
    code: [
      "-command", "-c", "-encodedcommand", "-e", "-ec", "-commandwithargs", "-cwa",
      "-encodedarguments",
    ],
    file: ["-file", "-f"],
    valued: [
      "-executionpolicy", "-ex", "-ep", "-workingdirectory", "-wd", "-outputformat", "-o",
      "-inputformat", "-if", "-configurationname", "-config", "-configurationfile",
      "-settingsfile", "-settings", "-custompipename", "-windowstyle", "-w",
    ],
    extensions: ["ps1"], ignoresCase: true)

  /// `dart --help --verbose`.
  static let dart = Interpreter(
    flags: ["--observe", "--enable-asserts", "--no-enable-asserts", "--disable-dart-dev"],
    selfContained: ["-D", "--define=", "--enable-", "--observe=", "--packages=", "--old_gen_"],
    code: ["--help", "-h", "--version"], valued: ["--define"], verbs: ["run"],
    idle: [
      "analyze", "build", "compile", "create", "devtools", "doc", "fix", "format", "info", "pub",
      "test", "language-server", "development-service", "tooling-daemon",
    ],
    extensions: ["dart", "snapshot", "dill", "aot", "jit"])
}
