extension Interpreter {
  /// The application server, or the tool that wraps a program, of that name; it goes by what it serves or wraps. nil if
  /// it is none.
  init?(server: String) {
    switch server {
    case "gunicorn": self = .gunicorn
    case "uvicorn": self = .uvicorn
    case "hypercorn", "daphne": self = .asgi
    case "flask": self = .flask
    case "celery": self = .celery
    case "waitress-serve": self = .waitress
    case "granian": self = .granian
    case "fastapi", "streamlit": self = .runsFile
    case "twistd": self = .twistd
    case "coverage", "debugpy", "cProfile", "ddtrace-run": self = .wrapper
    case "puma": self = .puma
    case "unicorn", "unicorn_rails": self = .unicorn
    case "rackup", "thin": self = .rack
    case "ts-node": self = .tsNode
    case "clojure.main": self = .clojure
    case "io.vertx.core.Launcher": self = .vertx
    default: return nil
    }
  }

  /// docs.gunicorn.org, "Settings".
  private static let gunicorn = Interpreter(
    flags: [
      "--reload", "--preload", "--daemon", "-D", "--check-config", "--print-config",
      "--capture-output", "--no-sendfile", "--reuse-port", "-R", "--enable-stdio-inheritance",
      "--proxy-protocol", "--disable-redirect-access-to-syslog", "--log-syslog", "--spew",
      "--initgroups", "--do-handshake-on-connect", "--suppress-ragged-eofs",
    ],
    valued: [
      "-c", "--config", "-b", "--bind", "--backlog", "-w", "--workers", "-k", "--worker-class",
      "--threads", "--worker-connections", "--max-requests", "--max-requests-jitter", "-t",
      "--timeout", "--graceful-timeout", "--keep-alive", "--limit-request-line",
      "--limit-request-fields", "--limit-request-field-size", "--reload-engine",
      "--reload-extra-file", "--chdir", "-e", "--env", "-p", "--pid", "--worker-tmp-dir", "-u",
      "--user", "-g", "--group", "-m", "--umask", "--forwarded-allow-ips", "--access-logfile",
      "--access-logformat", "--error-logfile", "--log-file", "--log-level", "--logger-class",
      "--log-config", "--log-config-json", "--log-syslog-to", "--log-syslog-prefix",
      "--log-syslog-facility", "--statsd-host", "--statsd-prefix", "--dogstatsd-tags", "-n",
      "--name", "--pythonpath", "--paste", "--paster", "--proxy-allow-from",
      "--certfile", "--keyfile", "--ca-certs", "--ciphers", "--ssl-version", "--cert-reqs",
    ],
    runsApplications: true)

  /// `uvicorn --help`.
  private static let uvicorn = Interpreter(
    flags: [
      "--reload", "--access-log", "--no-access-log", "--use-colors", "--no-use-colors",
      "--proxy-headers", "--no-proxy-headers", "--server-header", "--no-server-header",
      "--date-header", "--no-date-header", "--factory",
    ],
    valued: [
      "--host", "--port", "--uds", "--fd", "--reload-dir", "--reload-include", "--reload-exclude",
      "--reload-delay", "--workers", "--env-file", "--log-config", "--log-level", "--loop",
      "--http",
      "--ws", "--ws-max-size", "--ws-max-queue", "--ws-ping-interval", "--ws-ping-timeout",
      "--ws-per-message-deflate", "--lifespan", "--interface", "--root-path",
      "--forwarded-allow-ips", "--limit-concurrency", "--backlog", "--limit-max-requests",
      "--timeout-keep-alive", "--timeout-graceful-shutdown", "--ssl-keyfile", "--ssl-certfile",
      "--ssl-keyfile-password", "--ssl-version", "--ssl-cert-reqs", "--ssl-ca-certs",
      "--ssl-ciphers", "--header", "--app-dir", "--h11-max-incomplete-event-size",
    ],
    runsApplications: true)

  /// What `hypercorn --help` and `daphne --help` have in common.
  private static let asgi = Interpreter(
    valued: [
      "-b", "--bind", "-p", "--port", "-w", "--workers", "-c", "--config", "-k", "--worker-class",
      "--root-path", "-u", "--unix-socket", "--log-level", "--access-logfile", "--access-log",
      "--error-logfile",
    ],
    runsApplications: true)

  /// docs.pylonsproject.org/projects/waitress, "waitress-serve".
  private static let waitress = Interpreter(
    flags: ["--call", "--expose-tracebacks", "--no-expose-tracebacks", "--ipv4", "--no-ipv4"],
    valued: [
      "--listen", "--host", "--port", "--threads", "--unix-socket", "--unix-socket-perms",
      "--url-scheme", "--url-prefix", "--ident", "--backlog", "--channel-timeout",
    ],
    runsApplications: true)

  /// `granian --help`.
  private static let granian = Interpreter(
    flags: ["--reload", "--access-log", "--no-access-log", "--factory", "--log", "--no-log"],
    valued: [
      "--interface", "--host", "--port", "--uds", "--workers", "--loop", "--runtime-mode",
      "--runtime-threads", "--backlog", "--http", "--log-level", "--ssl-certificate",
      "--ssl-keyfile", "--url-path-prefix", "--process-name", "--pid-file", "--working-dir",
    ],
    runsApplications: true)

  /// `fastapi --help`, `streamlit --help`: `run` and then a file.
  private static let runsFile = Interpreter(
    flags: ["--reload", "--no-reload", "--proxy-headers", "--no-proxy-headers"],
    selfContained: ["--server.", "--browser.", "--global.", "--logger.", "--client."],
    valued: ["--host", "--port", "--workers", "--root-path", "--app"], verbs: ["run", "dev"],
    idle: ["hello", "help", "version", "config", "cache", "docs"])

  /// twistd(1).
  private static let twistd = Interpreter(
    flags: ["-n", "--nodaemon", "-o", "--no_save", "-e", "--encrypted", "-b", "--debug"],
    file: ["-y", "--python"], valued: ["-l", "--logfile", "--pidfile", "-r", "--reactor", "-d"],
    bundles: true)

  /// `coverage help run`, `python3 -m debugpy`, `python3 -m cProfile --help`: each runs a file or a module.
  private static let wrapper = Interpreter(
    flags: [
      "-a", "--append", "--branch", "-p", "--parallel-mode", "-L", "--pylib", "--timid",
      "--wait-for-client",
    ],
    code: ["-c"], module: ["-m"],
    valued: ["--listen", "--connect", "--log-to", "--source", "--rcfile", "-o", "-s"],
    verbs: ["run"])

  /// `flask --help`. What comes after the options is a command.
  private static let flask = Interpreter(
    flags: ["--debug", "--no-debug"], module: ["--app", "-A"], valued: ["-e", "--env-file"],
    idle: ["run", "shell", "routes"], runsApplications: true)

  /// `celery --help`. What comes after the options is a command.
  private static let celery = Interpreter(
    flags: ["-C", "--no-color", "-q", "--quiet"], module: ["-A", "--app"],
    valued: [
      "-b", "--broker", "--result-backend", "--loader", "--config", "--workdir",
    ],
    verbs: ["worker", "beat"],
    idle: [
      "amqp", "call", "control", "events", "flower", "graph", "inspect", "list", "logtool",
      "migrate", "multi", "purge", "report", "result", "shell", "status", "upgrade",
    ],
    runsApplications: true)

  /// `puma --help`.
  private static let puma = Interpreter(
    flags: ["--preload", "--debug", "-q", "--quiet", "-v", "--verbose", "--silent", "-s"],
    valued: [
      "-b", "--bind", "-C", "--config", "-e", "--environment", "-p", "--port", "-t", "--threads",
      "-w", "--workers", "--tag", "--pidfile", "-S", "--state", "--control-url",
      "--control-token", "--dir", "-I", "--include", "--redirect-stdout", "--redirect-stderr",
    ],
    defaultFile: "config.ru")

  /// `unicorn --help`.
  private static let unicorn = Interpreter(
    flags: ["-D", "--daemonize", "-d", "--debug", "-w", "--warn", "-N", "--no-default-middleware"],
    valued: [
      "-c", "--config-file", "-E", "--env", "-I", "--include", "-r", "--require", "-l", "--listen",
      "-o", "--host", "-p", "--port", "--path",
    ],
    defaultFile: "config.ru")

  /// `rackup --help`, `thin --help`.
  private static let rack = Interpreter(
    flags: ["-d", "--debug", "-D", "--daemonize", "-q", "--quiet", "-w", "--warn"],
    valued: [
      "-a", "--address", "-p", "--port", "-o", "--host", "-s", "--server", "--servers", "-E", "-e",
      "--env", "--environment", "-P", "--pid", "-I", "--include", "-O", "--option", "-l", "--log",
    ],
    verbs: ["start"], defaultFile: "config.ru")

  /// typestrong.org/ts-node/docs/options.
  private static let tsNode = Interpreter(
    flags: [
      "-T", "--transpile-only", "--transpileOnly", "--esm", "--swc", "-H", "--compiler-host",
      "--prefer-ts-exts", "--files", "-s", "--script-mode", "--cwd-mode", "--type-check",
    ],
    code: ["-e", "--eval", "-p", "--print", "-i", "--interactive"],
    valued: [
      "-P", "--project", "-C", "--compiler", "-O", "--compiler-options", "-I", "--ignore", "-D",
      "--ignore-diagnostics", "-r", "--require", "--cwd",
    ])

  /// clojure.org/reference/repl_and_main.
  private static let clojure = Interpreter(
    code: ["-e", "--eval", "-r", "--repl"], module: ["-m", "--main"], valued: ["-i", "--init"])

  /// vertx.io/docs/vertx-core/java, "The vertx Launcher".
  private static let vertx = Interpreter(
    flags: ["-ha", "-cluster", "--cluster"], valued: ["-cp", "-conf", "--conf", "-instances"],
    verbs: ["run"], idle: ["bare", "list", "start", "stop"], runsClasses: true)
}
