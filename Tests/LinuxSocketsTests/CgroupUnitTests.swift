import SeededRandom
import Testing

@testable import LinuxSockets

@Suite struct CgroupUnitTests {
  static let id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

  static let rows: [(String, String)] = [
    ("", ""),
    ("0::/", ""),
    ("0::/init.scope", "init.scope"),
    ("0::/system.slice/nginx.service", "nginx.service"),
    ("0::/system.slice/nginx.service\n", "nginx.service"),
    ("0::/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service"),
    (
      "0::/system.slice/system-wg\\x2dquick.slice/wg\\x2dquick@wg0.service",
      "wg\\x2dquick@wg0.service"
    ),
    ("0::/user.slice/user-1000.slice/session-3.scope", "session.scope"),
    ("0::/system.slice/foo.service/workers/one", "foo.service"),
    ("0::/user.slice", ""),
    ("0::/.service", ""),
    ("0::/system.slice/a b:c.service", "a b:c.service"),
    ("12:cpu,cpuacct:/system.slice\n1:name=systemd:/system.slice/ssh.service\n", "ssh.service"),
    ("1:name=systemd:/system.slice/ssh.service\n0::/system.slice/ssh.service\n", "ssh.service"),
    ("1:name=systemd:/system.slice/ssh.service\n0::/\n", "ssh.service"),
    ("4:memory:/system.slice/ssh.service\n", ""),
    ("0::/docker/\(id)", "docker-0123456789ab"),
    ("0::/system.slice/docker-\(id).scope", "docker-0123456789ab"),
    ("0::/system.slice/docker-\(id).scope/init.scope", "docker-0123456789ab"),
    (
      "0::/system.slice/docker.service/docker/\(id)/system.slice/x.service",
      "docker-0123456789ab"
    ),
    ("4:memory:/docker/\(id)\n1:name=systemd:/docker/\(id)\n", "docker-0123456789ab"),
    ("4:memory:/docker/\(id)\n0::/system.slice/containerd.service\n", "docker-0123456789ab"),
    ("0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-\(id).scope", "cri-0123456789ab"),
    ("0::/kubepods/besteffort/pod1-2/\(id)", "cri-0123456789ab"),
    (
      "0::/system.slice/containerd.service/kubepods-pod1.slice:cri-containerd:\(id)",
      "cri-0123456789ab"
    ),
    ("0::/kubepods.slice/kubepods-pod1.slice/crio-\(id).scope", "cri-0123456789ab"),
    ("0::/machine.slice/libpod-\(id).scope/container", "libpod-0123456789ab"),
    ("0::/machine.slice/libpod-payload-\(id)", "libpod-0123456789ab"),
    ("0::/machine.slice/libpod-conmon-\(id).scope", "libpod-conmon.scope"),
    ("0::/docker/\(id.dropLast())", ""),
    ("0::/docker/\(id.dropLast())G", ""),
    ("0::/somewhere/\(id)", ""),
    ("garbage", ""),
    ("0:", ""),
    (":::::", ""),
    ("0::no/slash.service", ""),
    ("0::/../../system.slice/ssh.service", "ssh.service"),
    // What a unit makes below itself, or nobody knows who, is not the system manager's.
    ("0::/system.slice/shop.service/nginx.service", "shop.service"),
    ("0::/user.slice/user-1000.slice/session-3.scope/nginx.service", "session.scope"),
    ("0::/somewhere/system.slice/nginx.service", ""),
  ]

  private static let user = "user.slice/user-1000.slice/user@1000.service"
  private static let uuid = "4c1f8b0a-5a1e-4a57-9d5e-0a1b2c3d4e5f"

  /// What is below a user's manager says whose it is, by whatever name.
  static let ofUsers: [(String, String)] = [
    ("0::/\(user)/app.slice/nginx.service", "user@1000/nginx.service"),
    ("0::/\(user)/nginx.service", "user@1000/nginx.service"),
    (
      "0::/\(user)/app.slice/app-x.slice/nginx.service/system.slice/ssh.service",
      "user@1000/nginx.service"
    ),
    ("0::/\(user)/app.slice/user@0.service/system.slice/ssh.service", "user@1000/user@0.service"),
    ("0::/\(user)/system.slice/ssh.service", "user@1000/ssh.service"),
    ("0::/\(user)/whatever/ssh.service", "user@1000.service"),
    ("0::/\(user)/init.scope", "user@1000/init.scope"),
    ("0::/\(user)", "user@1000.service"),
    ("0::/../\(user)/nginx.service", "user@1000/nginx.service"),
    ("1:name=systemd:/\(user)/nginx.service", "user@1000/nginx.service"),
    ("0::/\(user)/user.slice/docker-\(id).scope", "user@1000/docker-0123456789ab"),
    ("0::/\(user)/user.slice/libpod-\(id).scope/container", "user@1000/libpod-0123456789ab"),
    ("0::/\(user)/kubepods/pod1-2/\(id)", "user@1000/cri-0123456789ab"),
    ("0::/\(user)/lxc.payload.web/init.scope", "user@1000/lxc-web"),
    ("0::/\(user)/app.slice/app-gnome-firefox-123456.scope", "user@1000/app-firefox.scope"),
    ("0::/\(user)/app.slice/app-firefox-123456.scope", "user@1000/app-firefox.scope"),
    ("0::/\(user)/app.slice/app-gnome-firefox.scope", "user@1000/app-firefox.scope"),
    ("0::/\(user)/app.slice/app-firefox.scope", "user@1000/app-firefox.scope"),
    (
      "0::/\(user)/app.slice/app-gnome-org.gnome.Ter\\x2dm-4711.scope",
      "user@1000/app-org.gnome.Ter\\x2dm.scope"
    ),
    (
      "0::/\(user)/app.slice/app-org.kde.konsole@4c1f8b0a5a1e4a579d5e0a1b2c3d4e5f.service",
      "user@1000/app-org.kde.konsole.service"
    ),
    ("0::/\(user)/app.slice/app-flatpak-org.x.Y-99.scope", "user@1000/app-org.x.Y.scope"),
    (
      "0::/\(user)/app.slice/dbus-:1.2-org.gnome.Nautilus@0.service",
      "user@1000/dbus-org.gnome.Nautilus@.service"
    ),
    ("0::/\(user)/app.slice/vte-spawn-\(uuid).scope", "user@1000/vte-spawn.scope"),
    (
      "0::/\(user)/app.slice/snap.firefox.firefox-\(uuid).scope",
      "user@1000/snap.firefox.firefox.scope"
    ),
    ("0::/\(user)/app.slice/run-r8c6f0123456789abcdef0123456789ab.scope", "user@1000/run.scope"),
  ]

  /// What is of one connection or one start is no label.
  static let names: [(String, String)] = [
    ("hold@0-10.9.0.1:2222-10.9.0.2:56100.service", "hold@.service"),
    ("sshd@12-fe80::1:22-2001:db8::2:50000.service", "sshd@.service"),
    ("sshd@3-1234567-10.9.0.1:22-10.9.0.2:5000.service", "sshd@.service"),
    ("x@7-4711-1000.service", "x@.service"), ("x@7-4711_99-1000.service", "x@.service"),
    ("x@1-vsock:2:1024-vsock:3:77.service", "x@.service"),
    ("systemd-coredump@5-4711-0.service", "systemd-coredump@.service"),
    ("session-4711.scope", "session.scope"), ("session-c2.scope", "session.scope"),
    ("session-manager.scope", "session-manager.scope"),
    ("run-u42.service", "run.service"),
    ("run-r8c6f0123456789abcdef0123456789ab.scope", "run.scope"),
    ("run-4711.scope", "run.scope"), ("run-p4711-i99.service", "run.service"),
    ("run-backup.service", "run-backup.service"), ("run-parts.scope", "run-parts.scope"),
    ("crio-conmon-\(id).scope", "crio-conmon.scope"),
    ("libpod-conmon-\(id).scope", "libpod-conmon.scope"),
    ("\(id).service", "0123456789ab.service"), ("\(id)-8c6f01.service", "0123456789ab.service"),
    ("podman-pause-8c6f0123.scope", "podman-pause.scope"), ("podman-4711.scope", "podman.scope"),
    ("machine-qemu\\x2d17\\x2ddemo.scope", "machine-qemu\\x2ddemo.scope"),
    ("_memory.service", "memory.service"), ("_cgroup.x.service", "cgroup.x.service"),
    ("__x.service", "_x.service"),
    // These stay as they are.
    ("postgresql@16-main.service", "postgresql@16-main.service"),
    ("getty@tty1.service", "getty@tty1.service"), ("user@1000.service", "user@1000.service"),
    ("openvpn@10.0.0.1.service", "openvpn@10.0.0.1.service"), ("x@2.service", "x@2.service"),
    ("x@1-2.service", "x@1-2.service"), ("app-api-gateway.service", "app-api-gateway.service"),
    ("luks@\(uuid).service", "luks@\(uuid).service"), ("101.scope", "101.scope"),
    ("worker-1.scope", "worker-1.scope"), ("init.scope", "init.scope"),
    ("deadbeef.service", "deadbeef.service"),
    ("wg\\x2dquick@wg0.service", "wg\\x2dquick@wg0.service"),
    ("x\u{1b}[2J.service", #"x\u{1b}[2J.service"#),
    ("user@1000\u{2215}x.service", "user@1000\u{2215}x.service"),
  ]

  @Test(arguments: names)
  func `a unit's name is the same at every start`(directory: String, unit: String) {
    #expect(CgroupUnit.unit(cgroupFile: Array("0::/system.slice/\(directory)\n".utf8).span) == unit)
    #expect(CgroupUnit.unit(path: "/a.slice/a-b.slice/\(directory)/x") == unit)
  }

  @Test func `no client's address is in a label, by whatever instance`() {
    var random = SplitMix64(state: 5)
    func address() -> String {
      let parts = (0..<8).map { _ in UInt16.random(in: 0 ... .max, using: &random) }
      return Bool.random(using: &random)
        ? parts[..<4].map { "\($0 & 255)" }.joined(separator: ".")
        : parts.map { String($0, radix: 16) }.joined(separator: ":")
    }
    for _ in 0..<5_000 {
      let (local, remote) = (address(), address())
      let cookie = Bool.random(using: &random) ? "\(random.next())-" : ""
      let unit = CgroupUnit.unit(
        path:
          "/system.slice/echo@\(random.next() % 100)-\(cookie)\(local):7-\(remote):50000.service")
      #expect(unit == "echo@.service")
    }
  }

  @Test(arguments: rows + ofUsers)
  func `a cgroup gives the unit or the container`(file: String, unit: String) {
    #expect(CgroupUnit.unit(cgroupFile: Array(file.utf8).span) == unit)
  }

  @Test func `paths are read like files`() {
    #expect(CgroupUnit.unit(path: "/system.slice/nginx.service") == "nginx.service")
    #expect(CgroupUnit.unit(path: "/docker/\(Self.id)") == "docker-0123456789ab")
    #expect(CgroupUnit.unit(path: "") == "")
  }

  @Test func `mutated files never crash`() {
    var random = SplitMix64(state: 3)
    for _ in 0..<20_000 {
      var text = Array(Self.rows[Int(random.next() % UInt64(Self.rows.count))].0.utf8)
      guard !text.isEmpty else { continue }
      for _ in 0..<3 {
        text[Int(random.next() % UInt64(text.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let unit = CgroupUnit.unit(cgroupFile: text.span)
      #expect(!unit.contains("/") || unit.hasPrefix("user@"))
    }
  }
}
