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
    ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service"),
    ("0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope"),
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
    ("0::/machine.slice/libpod-conmon-\(id).scope", "libpod-conmon-\(id).scope"),
    ("0::/docker/\(id.dropLast())", ""),
    ("0::/docker/\(id.dropLast())G", ""),
    ("0::/somewhere/\(id)", ""),
    ("garbage", ""),
    ("0:", ""),
    (":::::", ""),
    ("0::no/slash.service", "slash.service"),
  ]

  @Test(arguments: rows)
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
      #expect(!unit.contains("/"))
    }
  }
}
