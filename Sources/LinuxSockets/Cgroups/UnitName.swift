/// Unit names as labels. What is of one connection or one start makes ever new series, and may hold a client's
/// address: it is left out.
extension CgroupUnit {
  /// The name of the unit that a cgroup directory is for.
  ///
  /// - `_memory.service` is `memory.service`, as systemd escapes what the kernel has files of
  ///   (`cg_escape()`, src/basic/cgroup-util.c).
  /// - `sshd@0-10.0.0.1:22-10.0.0.2:5000.service` is `sshd@.service` (systemd.socket(5), `Accept=`).
  /// - `session-3.scope`, `run-u42.service`, `vte-spawn-UUID.scope` have numbers of one start.
  /// - `app-gnome-firefox-4711.scope`, of a user's manager, is `app-firefox.scope`
  ///   (systemd.io/DESKTOP_ENVIRONMENTS).
  static func unitName(directory: String, ofUser isUsers: Bool) -> String {
    let name = directory.hasPrefix("_") ? directory.dropFirst() : directory[...]
    guard let dot = name.lastIndex(of: ".") else { return String(name) }
    return stable(name[..<dot], isScope: name[dot...] == ".scope", isUsers) + name[dot...]
  }

  private static func stable(_ stem: Substring, isScope: Bool, _ isUsers: Bool) -> String {
    if isUsers, stem.hasPrefix("app-") { return application(stem, isScope: isScope) }
    if stem.hasPrefix("run-"), isStart(stem.dropFirst(4)) { return "run" }
    if isScope { return withoutStart(stem) }
    // Podman's health checks are called after the container.
    if isIdentifier(stem.prefix(64), 64) { return String(stem.prefix(12)) }
    guard let at = stem.firstIndex(of: "@") else { return String(stem) }
    // What D-Bus starts for a client: `dbus-:1.2-org.example.Name@0` (dbus-broker-launch(1)).
    if stem.hasPrefix("dbus-:"), let dash = stem.dropFirst(5).firstIndex(of: "-") {
      return "dbus" + stem[dash...at]
    }
    return String(isConnection(stem[at...].dropFirst()) ? stem[...at] : stem)
  }

  /// Whether an instance is of one connection: its number, then both addresses, or process and user
  /// (`instance_from_socket()`, src/core/socket.c).
  private static func isConnection(_ instance: Substring) -> Bool {
    let rest = instance.drop(while: \.isDigit)
    guard rest.count < instance.count, rest.first == "-" else { return false }
    return rest.contains(":")
      || rest.allSatisfy { $0.isDigit || $0 == "-" || $0 == "_" } && rest.count { $0 == "-" } > 1
  }

  /// What systemd-run(1) calls a unit that has got no name: a bus connection, a random number, a process and
  /// its invocation.
  private static func isStart(_ name: Substring) -> Bool {
    let digits = name.drop { "urp".contains($0) }
    return isIdentifier(digits, 1) || digits.hasPrefix("-i")
      || name.hasPrefix("p") && name.contains("-i")
        && name.allSatisfy { $0.isDigit || "p-i".contains($0) }
  }

  /// `app[-<launcher>]-<application>[-<random>].scope`, `app[-<launcher>]-<application>[@<random>].service`;
  /// a dash in one of these is escaped.
  private static func application(_ stem: Substring, isScope: Bool) -> String {
    var parts = stem.prefix { $0 != "@" }.split(separator: "-").dropFirst()
    if isScope,
      parts.count > 2 || parts.count == 2 && parts.last?.contains(where: \.isDigit) == true
    {
      parts.removeLast()
    }
    return "app-" + (parts.last ?? "")
  }

  /// A scope's name without the number, identifier or UUID at its end; scopes are made anew at every start.
  private static func withoutStart(_ stem: Substring) -> String {
    let libvirt = stem.split(separator: #"\x2d"#, maxSplits: 2)
    // The number counts the starts: `machine-qemu\x2d1\x2dNAME`.
    if stem.hasPrefix("machine-"), libvirt.count == 3, libvirt[1].allSatisfy(\.isDigit) {
      return libvirt[0] + #"\x2d"# + libvirt[2]
    }
    if stem.hasPrefix("session-"), stem.dropFirst(8).contains(where: \.isDigit) { return "session" }
    if stem.count > 37, stem.suffix(36).split(separator: "-").map(\.count) == [8, 4, 4, 4, 12],
      stem.suffix(36).allSatisfy({ $0 == "-" || $0.isHexadecimal })
    {
      return String(stem.dropLast(37))
    }
    guard let end = stem.lastIndex(where: { $0 == "-" || $0 == "." }), end > stem.startIndex else {
      return String(stem)
    }
    let tail = stem[end...].dropFirst()
    let isNumber = tail.count >= 4 && tail.allSatisfy(\.isDigit)
    return String(isNumber || isIdentifier(tail, 8) ? stem[..<end] : stem)
  }

  /// Whether it is nothing but hexadecimal digits, at least so many, and one of them no letter.
  private static func isIdentifier(_ text: Substring, _ count: Int) -> Bool {
    text.count >= count && text.allSatisfy(\.isHexadecimal) && text.contains(where: \.isDigit)
  }
}

extension Character {
  var isHexadecimal: Bool { isDigit || ("a"..."f").contains(self) }
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
