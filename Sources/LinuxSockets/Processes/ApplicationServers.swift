extension Interpreter {
  /// The application server of that name, which goes by the application that it serves; nil if it is none.
  init?(server: String) {
    switch server {
    case "gunicorn": self = .gunicorn
    case "uvicorn": self = .uvicorn
    case "hypercorn", "daphne": self = .asgi
    case "flask": self = .flask
    case "celery": self = .celery
    case "puma": self = .puma
    case "unicorn", "unicorn_rails": self = .unicorn
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
}
