import SeededRandom
import SocketStates
import Testing

@testable import LinuxSockets

@Suite struct ProcessNameTests {
  private static func name(
    _ executable: String, _ arguments: [String], command: String = "comm",
    programExists: Bool? = nil, directory: String? = nil
  ) -> String {
    ProcessFacts(
      identity: ProcessIdentity(pid: 7, startTime: 1), executable: executable, command: command,
      arguments: arguments, programExists: programExists, directory: directory
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
    ("/usr/bin/node", "my shop worker", "node"),
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
    ("/usr/bin/python3.11", "/srv/venv/bin/python|/srv/venv/bin/gunicorn|app", "app"),
    ("/usr/bin/python3.11", "gunicorn: master [shop]", "shop"),
    ("/usr/bin/python2", "python2|old.py", "old.py"),
    ("/usr/bin/ruby3.1", "ruby|-I|lib|-rjson|app.rb", "app.rb"),
    ("/usr/bin/ruby", "ruby|-ne|puts", "ruby"),
    ("/usr/bin/ruby3.1", "puma 6.4.2 (tcp://0.0.0.0:3000) [shop]", "shop"),
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
    ("/usr/bin/java", "java|--add-opens=a/b=c|-Dx=y|Main|@args", "Main"),
    ("/usr/bin/java", "java|@args|Main", "java"),
    ("/usr/bin/ruby", "ruby|-W:no-deprecated|-Ku|app.rb", "app.rb"),
    ("/usr/bin/ruby", "ruby|-W0e|SECRET.rb", "ruby"),
    ("/usr/bin/php", "php|--|worker.php", "php"),
    ("/usr/bin/zsh", "zsh|-O|-oextendedglob|run.zsh", "run.zsh"),
    ("/usr/bin/bash", "bash|-oe|pipefail|run.sh", "bash"),
    ("/usr/bin/node", "node|--inspect_port|9230|a.js", "a.js"),
    ("/usr/bin/deno", "deno|run|--env-file|main.ts", "main.ts"),
    ("/usr/bin/deno", "deno|run|--lock|main.ts|x.ts", "deno"),
    ("/usr/bin/bun", "bun|-c|run|index.ts", "index.ts"),
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
    ("/usr/bin/node", "shop-api", "shop-api"),
    ("/usr/bin/node", "shop: alice 10.0.0.1 GET /", "shop"),
    ("/usr/bin/node", "alice 10.0.0.1 GET /", "node"),
    ("/usr/bin/node", "GET /alice", "node"),
    ("/usr/bin/node", "/alice", "node"),
    ("/usr/sbin/sshd", "sshd: alice@pts/0", "sshd"),
    ("/usr/bin/python3.11", "gunicorn: master [shop:app]", "shop"),
    ("/usr/bin/python3.11", "gunicorn: worker [shop.web:app]", "shop.web"),
    ("/usr/bin/python3.11", "gunicorn: worker [a b", "gunicorn"),
    ("/usr/bin/python3.11", "[celeryd: a@host:MainProcess] -active- (-A tasks worker)", "tasks"),
    ("/usr/bin/python3.11", "[celeryd: a@host:MainProcess] -active- (worker)", "celery"),
    ("/usr/bin/python3.11", "[celeryd: a@host:MainProcess] -active- (-A tas", "celery"),
    ("/usr/bin/python3.11", "[celeryd: a@host:ForkPoolWorker-1]", "python3.11"),
    ("/usr/bin/ruby3.1", "puma 6.4.2 (tcp://0.0.0.0:3000)", "puma"),
    ("/usr/bin/ruby3.1", "puma: cluster worker 0: 4711 [shop]", "shop"),
    ("/usr/bin/ruby3.1", "sidekiq 7.1.2 shop [0 of 5 busy]", "shop"),
    ("/usr/bin/ruby3.1", "sidekiq 7.1.2  [0 of 5 busy]", "sidekiq"),
    ("/usr/bin/ruby3.1", "Passenger RubyApp: /srv/shop/current (production)", "shop"),
    ("/usr/bin/ruby3.1", "thin server (0.0.0.0:3000)", "thin"),
    ("/usr/bin/ruby3.1", "ruby|/usr/bin/rackup|-p|9292", "config.ru"),
    ("/usr/bin/ruby3.1", "ruby|/usr/bin/thin|start|-R|config.ru", "thin"),
    ("/usr/bin/ruby3.1", "ruby|/srv/shop/bin/rails|server", "shop/rails"),
    ("/usr/bin/perl", "starman worker -I lib", "starman"),
    ("/usr/bin/perl", "spamd child", "spamd"),
    ("/usr/bin/perl", "amavisd (master)", "amavisd"),
    ("/usr/bin/perl", "alice@10.0.0.1 worker", "perl"),
    ("/usr/bin/perl", "alice works", "perl"),
    ("/usr/bin/node", "next-server (v14.1.0)", "next-server"),
    ("/usr/bin/node", "PM2 v5.3.0: God Daemon (/root/.pm2)", "PM2"),
    ("/usr/bin/node", "alice (10.0.0.1)", "node"),
    ("/usr/bin/node", "node|/srv/node_modules/.bin/ts-node|-T|src/orders.ts", "orders.ts"),
    ("/usr/bin/node", "node|/srv/node_modules/.bin/ts-node|--some-new-option|x.ts", "ts-node"),
    ("/usr/bin/python3.11", "python3|/v/bin/waitress-serve|--port=80|--call|shop:make", "shop"),
    ("/usr/bin/python3.11", "python3|/v/bin/granian|--interface|asgi|shop.web:app", "shop.web"),
    (
      "/usr/bin/python3.11", "python3|/v/bin/fastapi|run|--port|80|/srv/shop/main.py",
      "shop/main.py"
    ),
    ("/usr/bin/python3.11", "python3|-m|streamlit|run|/srv/sales.py|--server.port|80", "sales.py"),
    ("/usr/bin/python3.11", "python3|/usr/bin/twistd|-noy|/srv/chat.tac", "chat.tac"),
    ("/usr/bin/python3.11", "python3|-m|debugpy|--listen|5678|/srv/orders.py", "orders.py"),
    ("/usr/bin/python3.11", "python3|-m|coverage|run|--branch|-m|orders.web", "orders.web"),
    ("/usr/bin/java", "java|-cp|x|clojure.main|-m|shop.core", "shop.core"),
    (
      "/usr/bin/java", "java|-cp|x|io.vertx.core.Launcher|run|com.shop.Verticle",
      "com.shop.Verticle"
    ),
    (
      "/usr/bin/java", "java|-jar|/srv/shop/target/quarkus-app/quarkus-run.jar",
      "shop/quarkus-run.jar"
    ),
    ("/opt/orders/orders-2.3.1-linux-amd64", "orders", "orders"),
    ("/opt/orders/orders-v2.3.1", "./orders-v2.3.1", "orders"),
    ("/opt/php-8.2", "php-8.2", "php-8.2"),
    ("/usr/bin/ruby3.1", "unicorn master -c config/unicorn.rb -E production", "config.ru"),
    ("/usr/bin/python3.11", "python3|/usr/bin/gunicorn|-b|:80|shop:app", "shop"),
    ("/usr/bin/python3.11", "python3|-m|gunicorn|--workers=2|shop.web:create()", "shop.web"),
    ("/usr/bin/python3.11", "python3|/v/bin/uvicorn|--port|80|shop.main:app", "shop.main"),
    ("/usr/bin/python3.11", "python3|-m|uvicorn|--new-option|shop:app", "uvicorn"),
    ("/usr/bin/python3.11", "python3|/v/bin/flask|--app|shop|run", "shop"),
    ("/usr/bin/python3.11", "python3|/v/bin/flask|run", "flask"),
    ("/usr/bin/python3.11", "python3|/v/bin/celery|-A|tasks|worker", "tasks"),
    ("/usr/bin/python3.11", "python3|/v/bin/celery|worker|--app=tasks", "tasks"),
    ("/usr/bin/python3.11", "python3|/nix/store/x/bin/.gunicorn-wrapped|shop:app", "shop"),
    ("/usr/bin/ruby3.1", "ruby|/usr/bin/puma|/srv/shop/config.ru", "shop/config.ru"),
    ("/usr/bin/ruby3.1", "ruby|/usr/bin/puma", "config.ru"),
    ("/nix/store/x/bin/.nginx-wrapped", "nginx", "nginx"),
    ("/usr/bin/dotnet", "dotnet|/srv/Shop.Api.dll|--urls|x", "Shop.Api"),
    ("/usr/bin/dotnet", "dotnet|exec|--depsfile|a.json|/srv/Shop.Api.dll", "Shop.Api"),
    ("/usr/bin/dotnet", "dotnet|run|Shop.dll", "dotnet"),
    ("/usr/bin/mono-sgen", "mono|--debug|/srv/X.exe", "X.exe"),
    (
      "/lib64/ld-linux-x86-64.so.2", "/lib64/ld-linux-x86-64.so.2|--argv0|x|/opt/app/server",
      "server"
    ),
    ("/lib/ld-musl-x86_64.so.1", "ld|/opt/app/server", "server"),
    ("/lib/ld-linux.so.2", "ld|/usr/bin/python3|worker.py", "worker.py"),
    ("/usr/bin/qemu-aarch64-static", "qemu-aarch64-static|-L|/x|/usr/sbin/nginx", "nginx"),
    ("/usr/bin/qemu-arm", "qemu-arm|/usr/bin/python3|/v/bin/gunicorn|shop:app", "shop"),
    ("/usr/bin/qemu-system-x86_64", "qemu-system-x86_64|disk", "qemu-system-x86_64"),
    ("/e/beam.smp", "beam.smp|-W|w|--|-root|/x|-setcookie|S|-sname|rabbit@h", "rabbit"),
    ("/e/beam.smp", "beam.smp|--|-s|rabbit|boot|-extra|-sname|x", "rabbit"),
    ("/e/beam.smp", "beam.smp|-extra|-sname|x", "beam.smp"),
    ("/usr/bin/pypy3.9", "pypy3|worker.py", "worker.py"),
    ("/usr/lib/R/bin/exec/R", "R|--no-echo|--no-restore|--file=plumber.R|--args|x", "plumber.R"),
    ("/usr/bin/lua5.4", "lua|-lsocket|worker.lua", "worker.lua"),
    ("/usr/bin/tclsh8.6", "tclsh|worker.tcl", "worker.tcl"),
    ("/usr/bin/pwsh", "pwsh|-NoProfile|-File|worker.ps1", "worker.ps1"),
    ("/usr/bin/pwsh", "pwsh|-Command|secret", "pwsh"),
    ("/usr/bin/dart", "dart|run|worker.dart", "worker.dart"),
    ("/bin/busybox", "busybox|httpd|-f", "httpd"),
    ("/bin/busybox", "httpd|-f", "httpd"),
    ("/bin/busybox", "/bin/sh|/srv/backup.sh", "backup.sh"),
    ("/bin/busybox", "-sh", "sh"),
    ("/usr/bin/java", "java|@args.txt|8135", "java"),
    ("/usr/bin/java", "java|-jar|orders-service-2.3.1-SNAPSHOT.jar", "orders-service"),
    ("/usr/bin/java", "java|-jar|orders-1.0.jar|x", "orders"),
    ("/usr/bin/java", "java|-jar|worker-2.jar", "worker-2.jar"),
    ("/usr/bin/node", "node|/srv/billing/index.js", "billing/index.js"),
    ("/usr/bin/node", "node|/srv/billing/dist/index.js", "billing/index.js"),
    ("/usr/bin/node", "node|/srv/billing/releases/20261130/index.js", "billing/index.js"),
    ("/usr/bin/node", "node|/srv/billing/worker.js", "worker.js"),
    ("/usr/bin/python3", "python3|/srv/shop/../billing/./manage.py", "billing/manage.py"),
    ("/usr/bin/java", "java|-jar|/srv/orders/app.jar", "orders/app.jar"),
    ("/usr/bin/node", "node|/srv/we\"ird\nname.js", #"we"ird\u{a}name.js"#),
  ]

  @Test(arguments: rows)
  func `an interpreter goes by what it runs`(executable: String, arguments: String, name: String) {
    let list = arguments.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    #expect(Self.name(executable, list, programExists: true) == name)
  }

  @Test func `a name that says nothing takes the working directory`() {
    func name(_ program: String, _ arguments: String..., exists: Bool? = true) -> String {
      Self.name(
        "/usr/bin/" + program, [program] + arguments, programExists: exists,
        directory: "/srv/billing")
    }
    #expect(name("node", "server.js") == "billing/server.js")
    #expect(name("node", "dist/server.js") == "billing/server.js")
    #expect(name("node", "../shop/server.js") == "shop/server.js")
    #expect(name("node", "worker.js") == "worker.js")
    #expect(name("node", "server.js", exists: nil) == "server.js")
    #expect(name("python3", "-m", "app.main") == "billing/app.main")
    #expect(name("python3", "-m", "uvicorn", "main:app") == "billing/main")
    #expect(
      name("java", "-cp", "x", "org.springframework.boot.loader.launch.JarLauncher")
        == "billing/org.springframework.boot.loader.launch.JarLauncher")
    #expect(name("java", "-cp", "x", "MainKt") == "billing/MainKt")
    #expect(name("node", "/m/.bin/ts-node", "src/index.ts") == "billing/index.ts")
    #expect(name("ruby", "/usr/bin/puma") == "billing/config.ru")
    #expect(name("ruby", "/usr/bin/puma", exists: false) == "puma")
    #expect(name("python3", "/v/bin/gunicorn", "shop:app") == "shop")
  }

  @Test func `a program goes by the name that it was called by, if the kernel took that too`() {
    let redis = "/usr/bin/redis-check-rdb"
    #expect(
      Self.name(redis, ["/usr/bin/redis-server", "*:6379"], command: "redis-server")
        == "redis-server")
    #expect(
      Self.name(redis, ["/usr/bin/redis-server 127.0.0.1:6379", "", ""], command: "redis-server")
        == "redis-server")
    #expect(Self.name(redis, ["alice"], command: "redis-server") == "redis-check-rdb")
    #expect(Self.name(redis, ["db: alice", "x"], command: "db: alice") == "redis-check-rdb")
    #expect(
      Self.name("/x/a", ["./a-program-with-a-long-name"], command: "a-program-with-")
        == "a-program-with-a-long-name")
    #expect(
      Self.name("/usr/lib/wine/wine64-preloader", [#"C:\games\game.exe"#], command: "game.exe")
        == "game.exe")
    #expect(
      Self.name("/usr/bin/python3.11", ["python3", "-c", "x"], command: "python3") == "python3.11")
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

  /// What a manual says of an interpreter's options, apart from the tables under test.
  struct Manual: CustomTestStringConvertible, Sendable {
    let testDescription: String
    /// What it can run.
    let script: String
    /// Options that stand for themselves.
    var alone: String
    /// Options whose value is the next argument.
    var valued: String
    /// Options after which no file is run.
    var code: String
    /// What comes before the options.
    var verbs: [String] = []
    /// What it runs in vain of a program with a name.
    var server: String?
  }

  static let manuals = [
    // nodejs.org/api/cli.html, and `node --help` of 20.
    Manual(
      testDescription: "node", script: "real.js",
      alone:
        "--abort-on-uncaught-exception --allow-addons --allow-child-process --allow-wasi --allow-worker --cpu-prof --disable-wasm-trap-handler --disallow-code-generation-from-strings --enable-fips --enable-network-family-autoselection --enable-source-maps --entry-url --experimental-eventsource --experimental-strip-types --experimental-vm-modules --experimental-wasm-modules --expose-gc --expose_gc --force-context-aware --force-fips --frozen-intrinsics --heap-prof --insecure-http-parser --inspect --inspect=127.0.0.1:0 --inspect-brk --interpreted-frames-native-stack --jitless --node-memory-debug --no-addons --no-deprecation --no-warnings --pending-deprecation --preserve-symlinks --prof --throw-deprecation --tls-max-v1.2 --tls-max-v1.3 --tls-min-v1.0 --trace-deprecation --trace-exit --trace-sync-io --trace-warnings --track-heap-objects --use-bundled-ca --use-openssl-ca --v8-options --verify-base-objects --warnings --watch --zero-fill-buffers -c",
      valued:
        "-r --require --import --loader --experimental-loader --experimental_loader -C --conditions --env-file --input-type --inspect-port --inspect_port --debug-port --inspect-publish-uid --icu-data-dir --openssl-config --redirect-warnings --trace-event-categories --trace_event_categories --trace-event-file-pattern --trace-require-module --watch-path --max-http-header-size --dns-result-order --unhandled-rejections --diagnostic-dir --disable-proto --disable-warning --title --secure-heap --secure-heap-min --report-dir --report-filename --report-signal --heapsnapshot-near-heap-limit --heapsnapshot-signal --heap-prof-dir --heap-prof-interval --heap-prof-name --cpu-prof-dir --cpu-prof-interval --cpu-prof-name --build-snapshot-config --experimental-default-type --experimental-config-file --experimental-sea-config --allow-fs-read --allow-fs-write --tls-cipher-list --tls-keylog --network-family-autoselection-attempt-timeout --localstorage-file --use-largepages --snapshot-blob --experimental-test-isolation --es-module-specifier-resolution --test-reporter --test-name-pattern",
      code: "-e --eval -p --print -pe -i --interactive --run"),
    // python(1), and `python3 --help`.
    Manual(
      testDescription: "python3", script: "real.py",
      alone: "-b -B -d -E -i -I -O -OO -P -q -s -S -u -v -vv -x -Es -Wignore -Xdev -uWignore",
      valued: "-W -X -uW -BX --check-hash-based-pycs", code: "-c -uc -Ic"),
    // ruby(1), and `ruby --help`.
    Manual(
      testDescription: "ruby", script: "real.rb",
      alone:
        "-0 -0777 -a -c -d -Fx -i -i.bak -Ilib -Ku -l -n -p -rjson -s -S -T -T1 -U -v -w -W -W0 -W2 -W:no-deprecated -x -xdir -an -lw --copyright --debug --disable-gems --disable=gems --enable-frozen-string-literal --encoding=utf-8 --jit --yjit --yjit-stats --yjit-exec-mem-size=64 --verbose --yydebug --dump=insns --parser=prism --backtrace-limit=3",
      valued:
        "-C -X -E -I -r -nr -wI --encoding --external-encoding --internal-encoding --disable --enable --backtrace-limit --crash-report",
      code: "-e -ne -lne -0777e -ane -W0e -w0e -Kue"),
    // perlrun(1).
    Manual(
      testDescription: "perl", script: "real.pl",
      alone:
        "-0 -0777 -0xFF -a -c -C -CSDA -Dtls -F: -f -g -i -i.bak -Ilib -l -l012 -MJSON -mJSON -M-strict -n -p -s -S -t -T -u -U -v -w -W -X -x -xdir -wT -an",
      valued: "-I -wI", code: "-e -E -ne -lne -0777ne -lanE -we -Mstrict|-e -l0e -de"),
    // php(1), and php.net/manual/features.commandline.options.
    Manual(
      testDescription: "php", script: "real.php",
      alone:
        "-C -e -H -l -n -q -s -w -nq -dx=1 -c/etc -z/x.so -tweb --no-php-ini --hide-args --define=x=1 --php-ini=/etc --docroot=web --profile-info",
      valued: "-c --php-ini -d -nd --define -z --zend-extension -t --docroot -S --server --repeat",
      code:
        "-r -nr --run -R --process-code -B --process-begin -E --process-end -a --interactive --rf --rc --re --ri --rz --rfunction --"
    ),
    // bash(1).
    Manual(
      testDescription: "bash", script: "real.sh",
      alone:
        "-a -b -e -f -h -i -k -l -m -n -p -r -t -u -v -x -B -C -D -E -H -P -T -eux +e +x --debugger --dump-strings --login --noediting --noprofile --norc --posix --restricted --verbose",
      valued: "-o -O +o +O -eo -euxo --rcfile --init-file",
      code: "-c -s -lc -ec -euxc -ic -oc|pipefail"),
    // dash(1).
    Manual(
      testDescription: "dash", script: "real.sh",
      alone: "-a -b -C -e -E -f -I -i -m -n -u -v -V -x -eu +e",
      valued: "-o +o -eo", code: "-c -s -ec"),
    // zshoptions(1).
    Manual(
      testDescription: "zsh", script: "real.zsh",
      alone:
        "-0 -9 -B -C -D -F -G -I -J -K -N -O -P -Q -R -S -T -V -X -Y -Z -a -b -e -f -h -i -k -l -m -n -p -r -t -u -v -w -x -y -fx +x -oextendedglob",
      valued: "-o +o -fo --emulate", code: "-c -s -fc -ic -lic"),
    // java(1), and `java --help-extra`.
    Manual(
      testDescription: "java", script: "com.example.Real",
      alone:
        "-Dx=y -Xmx1g -XX:+UseG1GC -Xlog:gc -ea -ea:com.x -da -esa -dsa -agentlib:jdwp=x -agentpath:/x -javaagent:/x.jar=secret -splash:/x -verbose -verbose:gc -server -client -showversion --enable-preview --dry-run --show-module-resolution --add-opens=a/b=c --class-path=x --module-path=x --illegal-access=warn --finalization=disabled",
      valued:
        "-cp -classpath --class-path -p --module-path --upgrade-module-path --add-modules --add-opens --add-exports --add-reads --patch-module --limit-modules --enable-native-access --source",
      code: "@args -J-Xmx1g"),
    // `deno run --help`, of 1.42 and 2.
    Manual(
      testDescription: "deno", script: "real.ts",
      alone:
        "-A --allow-all --allow-net --allow-net=x --allow-read --deny-net -N -R -N=x -q -r --reload --reload=x --no-lock --no-remote --no-npm --no-check --check --no-config --cached-only --frozen --watch --watch=x --no-prompt --node-modules-dir --inspect --inspect=x --inspect-brk --inspect-wait --unstable-kv --env --env-file --env-file=x --v8-flags=x --lock=x --unsafely-ignore-certificate-errors",
      valued:
        "-c --config --import-map -L --log-level --cert --location --seed --ext --preload --import",
      code: "--filter --some-new-option", verbs: ["run"]),
    // `bun --help`, and its src/cli/Arguments.zig.
    Manual(
      testDescription: "bun", script: "real.ts",
      alone:
        "--watch --hot --smol --bun -b --silent --no-install -i -c --config --config=x --if-present --inspect --inspect=x --inspect-wait --inspect-brk --no-clear-screen --prefer-offline --prefer-latest --no-env-file --preserve-symlinks --no-macros --cpu-prof --expose-gc --no-deprecation --use-system-ca --redis-preconnect --no-addons",
      valued:
        "-r --preload --require --import --cwd --env-file --port -d --define --drop -l --loader --conditions --tsconfig-override --install --shell -F --filter --elide-lines -u --origin --main-fields --extension-order --jsx-factory --jsx-runtime --cpu-prof-name --fetch-preconnect --max-http-header-size --title --unhandled-rejections --console-depth --user-agent",
      code: "-e --eval -p --print"),
    // python(1), and docs.gunicorn.org; `uvicorn --help`; ld.so(8); `dotnet --help`.
    Manual(
      testDescription: "python3", script: "real:app",
      alone: "--reload --preload -D -w=2 --bind=x:y", valued: "-b --bind -w --env --user -n -k -e",
      code: "--new-option --help", verbs: ["-m", "gunicorn"], server: "gunicorn"),
    Manual(
      testDescription: "python3", script: "real:app", alone: "--reload --factory --port=80",
      valued: "--host --port --header --ssl-keyfile-password --env-file", code: "--new-option",
      verbs: ["-m", "uvicorn"], server: "uvicorn"),
    Manual(
      testDescription: "ld-linux.so.2", script: "real", alone: "--inhibit-cache --library-path=/x",
      valued: "--library-path --argv0 --preload --audit", code: "--new-option --help"),
    Manual(
      testDescription: "qemu-arm", script: "real", alone: "-strace -singlestep",
      valued: "-L -E -U -cpu -0 -s -g", code: "--new-option -h"),
    Manual(
      testDescription: "dotnet", script: "real", alone: "-d",
      valued: "--depsfile --fx-version --runtimeconfig", code: "run test build --new-option",
      verbs: ["exec"]),
    Manual(
      testDescription: "pwsh", script: "real.ps1", alone: "-NoProfile -nop -NoLogo -NonInteractive",
      valued: "-ExecutionPolicy -WorkingDirectory -ep -o",
      code: "-Command -c -EncodedCommand -new"),
    Manual(
      testDescription: "lua", script: "real.lua", alone: "-i -v -E -W -lsocket", valued: "-l -j",
      code: "-e -x"),
    Manual(
      testDescription: "dart", script: "real.dart", alone: "--observe --enable-asserts -Dx=y",
      valued: "--define", code: "pub test --new-option"),
    Manual(
      testDescription: "tclsh", script: "real.tcl", alone: "", valued: "-encoding", code: "-new"),
    Manual(
      testDescription: "mono", script: "real.exe", alone: "--debug --gc=sgen --server",
      valued: "--config", code: "--new-option"),
  ]

  /// Even such an argument as could be a program by its looks, if a file of that name was there.
  @Test(arguments: manuals)
  func `the value of an option, code, or an argument of the program is never the name`(
    manual: Manual
  ) {
    let program = manual.testDescription
    let secret = manual.script.replacing("real", with: "hunter2").replacing("Real", with: "hunter2")
    let real = manual.server == nil ? manual.script : "real"
    let nothing = manual.server ?? program
    func words(_ text: String) -> [[String]] {
      text.split(separator: " ").map { $0.split(separator: "|").map(String.init) }
    }
    func name(_ arguments: [String]) -> String {
      Self.name("/usr/bin/" + program, [program] + manual.verbs + arguments, programExists: true)
    }
    for option in words(manual.alone) {
      #expect(
        [real, nothing].contains(name(option + [manual.script, secret])), "\(option)")
    }
    for option in words(manual.valued) {
      #expect(
        [real, nothing].contains(name(option + [secret, manual.script, secret])),
        "\(option)")
      #expect(name(option + [secret]) == nothing, "\(option)")
    }
    for option in words(manual.code) {
      #expect(name(option + [secret, secret]) == nothing, "\(option)")
    }
    // Of the common options, none ends the search.
    let known = (words(manual.alone) + words(manual.valued).map { $0 + ["x"] }).count { option in
      name(option + [manual.script]) == real
    }
    #expect(known * 10 >= 8 * (words(manual.alone).count + words(manual.valued).count), "\(known)")
    var random = SplitMix64(state: 3)
    let all = words(manual.alone) + words(manual.valued).map { $0 + [secret] }
    for _ in 0..<2_000 {
      let options = (0..<Int.random(in: 1...5, using: &random)).flatMap { _ in
        all.randomElement(using: &random) ?? []
      }
      #expect(
        [real, nothing].contains(name(options + [manual.script, secret])), "\(options)")
    }
  }

  @Test func `a secret in any place is never a name unless a file of that name is there`() {
    let words = Set(Self.rows.flatMap { $0.1.split(separator: "|").map(String.init) })
      .union(Self.oneLiners.flatMap { $0.1.split(separator: "|").map(String.init) }).sorted()
    let programs = Self.manuals.map(\.testDescription)
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
    let programs = Set(Self.manuals.map(\.testDescription)).sorted()
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
