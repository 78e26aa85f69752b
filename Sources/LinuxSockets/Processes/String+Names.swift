/// What names of files and modules tell, and what in them does not belong to a name.
extension String {
  /// Names that many programs have.
  private static let common: Set<Substring> = [
    "App", "Application", "Main", "MainKt", "__init__", "__main__", "app", "application", "asgi",
    "bootstrap", "index", "jboss-modules", "main", "manage", "next-server", "quarkus-run", "run",
    "server", "start", "wsgi",
  ]
  private static let commonFiles: Set<String> = ["artisan", "config.ru", "console", "rails", "www"]
  /// Main classes of what runs the class that has a name.
  private static let commonClasses: Set<String> = [
    "io.ktor.server.cio.EngineMain", "io.ktor.server.jetty.EngineMain",
    "io.ktor.server.netty.EngineMain", "io.vertx.core.Launcher",
    "org.apache.catalina.startup.Bootstrap", "org.eclipse.jetty.start.Main",
    "org.springframework.boot.loader.JarLauncher", "org.springframework.boot.loader.WarLauncher",
    "org.springframework.boot.loader.launch.JarLauncher",
    "org.springframework.boot.loader.launch.WarLauncher", "play.core.server.ProdServerStart",
  ]
  private static let commonDirectories: Set<Substring> = [
    "app", "apps", "backend", "bin", "build", "cmd", "code", "current", "deployments", "dist",
    "home", "lib", "main", "opt", "out", "public", "quarkus-app", "release", "releases", "root",
    "server", "src", "srv", "standalone", "target", "usr", "var", "web", "www",
  ]

  /// Whether the name of a file or module could be that of any service: `index.js`, `app.main`.
  var saysNothing: Bool {
    if Self.commonFiles.contains(self) || Self.commonClasses.contains(self) { return true }
    let parts = split(separator: ".")
    let isFile = parts.count == 2 && Self.common.contains(parts[0]) && parts[1].utf8.count <= 4
    return isFile || !parts.isEmpty && parts.allSatisfy { Self.common.contains($0) }
  }

  /// Of a directory's path, the last component that says what is in it, and is not of one release.
  var telling: String? {
    var parts: [Substring] = []
    for part in split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.last { part in
      !Self.commonDirectories.contains(part) && !part.hasPrefix("tmp")
        && !part.drop { $0 == "v" }.allSatisfy { $0.isNumber || "._-".contains($0) }
        && !(part.utf8.count >= 7 && part.contains(where: \.isNumber)
          && part.allSatisfy { $0.isHexDigit || $0 == "-" })
    }.map { String($0) }
  }

  /// Without what NixOS puts round the name of a program: `.nginx-wrapped`.
  var withoutWrapper: String {
    let wrapped = "-wrapped"
    return hasPrefix(".") && hasSuffix(wrapped) ? String(dropFirst().dropLast(wrapped.count)) : self
  }

  /// Without the version in the name of a jar, and without `.dll`.
  var withoutBuild: String {
    if hasSuffix(".dll"), utf8.count > 4 { return String(dropLast(4)) }
    guard hasSuffix(".jar") || hasSuffix(".war") else { return self }
    let parts = dropLast(4).split(separator: "-", omittingEmptySubsequences: false)
    let version = parts.dropFirst().firstIndex { part in
      let digits = part.drop { $0 == "v" }
      return digits.first?.isNumber == true && (part.contains(".") || part.utf8.count >= 4)
    }
    return version.map { parts[..<$0].joined(separator: "-") } ?? self
  }

  /// Without the release in the name of an executable: `orders-2.3.1-linux-amd64`. Two numbers, as in `php-8.2`, are
  /// a product's own.
  var withoutRelease: String {
    let parts = split(separator: "-", omittingEmptySubsequences: false)
    let release = parts.dropFirst().firstIndex { part in
      let numbers = part.drop { $0 == "v" }.split(separator: ".").prefix(3)
      return numbers.count == 3 && numbers.allSatisfy { $0.allSatisfy(\.isNumber) }
    }
    return release.map { parts[..<$0].joined(separator: "-") } ?? self
  }

  /// The names that a program may have been called by, wine's paths included. Either all of it is a path, or a
  /// title has more behind it: `/usr/bin/redis-server 127.0.0.1:6379`.
  var calledNames: [String] {
    [self[...], prefix { $0 != " " }].compactMap { path in
      path.split { $0 == "/" || $0 == "\\" }.last?.prefix { $0 != " " }
    }.map { String($0) }
  }

  /// Whether it has nothing that would be odd in the name of a program.
  var isFileName: Bool {
    !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2d, 0x2e, 0x5f: true
        default: false
        }
      }
  }

  /// Whether it says what a process is for its program: `worker`, `worker[0]`, `(master)`.
  var isRole: Bool {
    ["child", "master", "parent", "server", "worker"].contains(
      drop { $0 == "(" }.prefix(while: \.isLetter))
      && !contains(where: { "@/".contains($0) })
  }

  /// Whether it is two or three numbers with dots between, as `1.2.3` or `(v1.2.3)`: an address has four.
  var isVersion: Bool {
    var version = self[...]
    if version.hasPrefix("("), version.hasSuffix(")") { version = version.dropFirst().dropLast() }
    if version.hasSuffix(":") { version = version.dropLast() }
    if version.hasPrefix("v") { version = version.dropFirst() }
    let parts = version.split(separator: ".", omittingEmptySubsequences: false)
    return (2...3).contains(parts.count)
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(\.isNumber) }
  }
}
