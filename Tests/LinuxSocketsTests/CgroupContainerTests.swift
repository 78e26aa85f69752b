import SeededRandom
import Testing

@testable import LinuxSockets

/// Cgroup paths as the tools' own documents and users show them, identifiers shortened to one.
@Suite struct CgroupContainerTests {
  private static let id = CgroupUnitTests.id
  private static let short = "0123456789ab"
  private static let uid = "2ca4a155-3599-498d-bb9d-4446693fa3ea"
  private static let slice = "pod2ca4a155_3599_498d_bb9d_4446693fa3ea.slice"

  struct Row: CustomTestStringConvertible {
    let file: String
    let unit: String
    let namespace: String
    var testDescription: String { file }

    init(_ file: String, unit: String, namespace: String? = nil) {
      self.file = file
      self.unit = unit
      self.namespace = namespace ?? unit
    }
  }

  static let engines: [Row] = [
    // docs.docker.com/engine/containers/runmetrics, "Find the cgroup for a given container":
    // cgroupfs and systemd driver, cgroup v1 and v2.
    Row("4:memory:/docker/\(id)\n1:name=systemd:/docker/\(id)\n", unit: "docker-\(short)"),
    Row(
      "4:memory:/system.slice/docker-\(id).scope\n1:name=systemd:/system.slice/docker-\(id).scope",
      unit: "docker-\(short)"),
    Row("0::/docker/\(id)", unit: "docker-\(short)"),
    Row("0::/system.slice/docker-\(id).scope", unit: "docker-\(short)"),
    // Rootless: docker/docs issue 14545.
    Row(
      "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(id).scope",
      unit: "user@1000/docker-\(short)"),
    // Docker in docker: the inner one.
    Row(
      "0::/docker/\(String(repeating: "f", count: 64))/docker/\(id)", unit: "docker-\(short)"),
    // nerdctl with the systemd driver: falcosecurity/plugins pull request 1378.
    Row("0::/system.slice/nerdctl-\(id).scope", unit: "containerd-\(short)"),
    // The same path under a runtime that does not speak to systemd: nerdctl `run_cgroup_linux.go`.
    Row("0::/system.slice:nerdctl:\(id)", unit: "containerd-\(short)"),
    Row("0::/user.slice/:nerdctl:\(id)", unit: "containerd-\(short)"),
    // containerd's default, `oci.WithNamespacedCgroup`: its namespace, then the container.
    Row("0::/default/\(id)", unit: "containerd-\(short)"),
    Row("4:memory:/default/\(id)\n1:name=systemd:/default/\(id)\n", unit: "containerd-\(short)"),
    // Docker's own --cgroup-parent makes such paths too, so other names are not told apart.
    Row("0::/actions_job/\(id)", unit: ""),
    Row("0::/some/default/\(id)", unit: ""),
    // Podman: podman-run(1), --cgroups, and the CgroupPath of podman-inspect(1).
    Row("0::/machine.slice/libpod-\(id).scope/container", unit: "libpod-\(short)"),
    Row("0::/libpod_parent/libpod-\(id)", unit: "libpod-\(short)"),
    Row("8:memory:/libpod_parent/libpod-\(id)\n", unit: "libpod-\(short)"),
    Row(
      "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container",
      unit: "user@1000/libpod-\(short)"),
    Row(
      "0::/machine.slice/libpod-conmon-\(id).scope", unit: "libpod-conmon.scope"),
  ]

  static let pods: [Row] = [
    // systemd driver and containerd: netdata issue 4868.
    Row(
      "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-\(slice)/cri-containerd-\(id).scope",
      unit: "cri-\(short)", namespace: "pod-\(uid)"),
    // A static pod, whose uid is a hash: the same list.
    Row(
      "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8daa50c3a64c9ff60bb9eab7b44b56fd.slice/cri-containerd-\(id).scope",
      unit: "cri-\(short)", namespace: "pod-8daa50c3a64c9ff60bb9eab7b44b56fd"),
    // Guaranteed pods have no slice of their class: kubernetes `pkg/kubelet/cm`.
    Row(
      "0::/kubepods.slice/kubepods-\(slice)/cri-containerd-\(id).scope",
      unit: "cri-\(short)", namespace: "pod-\(uid)"),
    // CRI-O inside a node that is a Docker container: kubernetes/minikube issue 11280.
    Row(
      "0::/docker/\(id)/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-\(slice)/crio-\(id).scope",
      unit: "cri-\(short)", namespace: "pod-\(uid)"),
    // CRI-O's monitor of a container, in the host's network namespace: opencontainers/runc issue 4620.
    Row(
      "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-\(slice)/crio-conmon-\(id).scope",
      unit: "crio-conmon.scope"),
    // cgroupfs driver, cgroup v1 and v2: kubernetes `pkg/kubelet/cm`.
    Row(
      "11:memory:/kubepods/burstable/pod\(uid)/\(id)\n1:name=systemd:/kubepods/burstable/pod\(uid)/\(id)\n",
      unit: "cri-\(short)", namespace: "pod-\(uid)"),
    Row("0::/kubepods/pod\(uid)/\(id)", unit: "cri-\(short)", namespace: "pod-\(uid)"),
    Row("0::/kubepods/pod\(uid)/crio-\(id)", unit: "cri-\(short)", namespace: "pod-\(uid)"),
    // containerd whose driver is not the kubelet's.
    Row(
      "0::/system.slice/containerd.service/kubepods-burstable-\(slice):cri-containerd:\(id)",
      unit: "cri-\(short)", namespace: "pod-\(uid)"),
    // Docker under Kubernetes is the pod's; Docker inside a pod's container is its own.
    Row(
      "0::/kubepods.slice/kubepods-\(slice)/docker-\(id).scope",
      unit: "docker-\(short)", namespace: "pod-\(uid)"),
    Row(
      "0::/kubepods.slice/kubepods-\(slice)/cri-containerd-\(String(repeating: "f", count: 64)).scope/docker-\(id).scope",
      unit: "docker-\(short)"),
    // Not below kubepods, or without a uid.
    Row("0::/system.slice/podman.service", unit: "podman.service"),
    Row("0::/pod\(uid)", unit: ""),
    Row("0::/kubepods.slice/kubepods-pod.slice", unit: ""),
    Row("0::/kubepods/pod../x", unit: ""),
  ]

  static let machines: [Row] = [
    // systemd/systemd issue 18104, and systemd-nspawn@.service; with systemd inside.
    Row("0::/machine.slice/machine-web.scope/payload/system.slice/ssh.service", unit: "nspawn-web"),
    Row("0::/machine.slice/machine-web\\x2d1.scope/payload", unit: "nspawn-web-1"),
    Row(
      "1:name=systemd:/machine.slice/machine-web.scope/system.slice/ssh.service\n",
      unit: "nspawn-web"),
    Row("0::/machine.slice/systemd-nspawn@web.service/payload/init.scope", unit: "nspawn-web"),
    Row("0::/machine.slice/systemd-nspawn@web\\x2d1.service/payload", unit: "nspawn-web-1"),
    Row(
      "0::/machine.slice/systemd-nspawn@web.service/supervisor", unit: "systemd-nspawn@web.service"),
    Row("0::/machine.slice/systemd-nspawn@web.service", unit: "systemd-nspawn@web.service"),
    // A container inside one.
    Row(
      "0::/machine.slice/machine-web.scope/payload/system.slice/docker-\(id).scope",
      unit: "docker-\(short)"),
    // libvirt.org/cgroups.html: no container, and LXC of libvirt's.
    Row(
      "0::/machine.slice/machine-qemu\\x2d1\\x2ddemo.scope/libvirt/emulator",
      unit: "machine-qemu\\x2ddemo.scope"),
    Row(
      "1:name=systemd:/machine.slice/machine-qemu\\x2d1\\x2ddemo.scope",
      unit: "machine-qemu\\x2ddemo.scope"),
    // What nobody's machine is called.
    Row("0::/machine.slice/machine-.scope/payload", unit: "machine-.scope"),
    Row(
      "0::/machine.slice/machine-a\\x00b.scope/payload", unit: "machine-a\\x00b.scope"),
    Row("0::/machine.slice/machine-a\\x2.scope", unit: "machine-a\\x2.scope"),
    Row("0::/machine.slice/machine-\\x2e\\x2e.scope", unit: "machine-\\x2e\\x2e.scope"),
    // lxc.container.conf(5), `lxc.cgroup.dir`; LXD and Incus have a project before the name.
    Row("0::/lxc.payload.web/system.slice/ssh.service", unit: "lxc-web"),
    Row("0::/lxc.payload.snapcraft_web", unit: "lxc-snapcraft_web"),
    Row("4:memory:/lxc/web\n1:name=systemd:/lxc/web/init.scope\n", unit: "lxc-web"),
    Row("0::/lxc/101/ns/system.slice/ssh.service", unit: "lxc-101"),
    Row("0::/lxc.payload/web", unit: "lxc-web"),
    Row("0::/lxc.monitor.web", unit: ""),
    Row("0::/lxc.payload.", unit: ""),
    Row("0::/lxc/..", unit: ""),
    Row("0::/lxc/a\"b", unit: ""),
    Row("0::/lxc/a\u{0}b", unit: ""),
  ]

  @Test(arguments: engines + pods + machines)
  func `a cgroup gives the container's name`(row: Row) {
    let bytes = Array(row.file.utf8)
    #expect(CgroupUnit.unit(cgroupFile: bytes.span) == row.unit)
    #expect(CgroupUnit.namespace(cgroupFile: bytes.span) == row.namespace)
  }

  @Test(arguments: CgroupUnitTests.rows)
  func `without a pod it is the unit`(file: String, unit: String) {
    guard !file.contains("-pod1"), !file.contains("/pod1") else { return }
    #expect(CgroupUnit.namespace(cgroupFile: Array(file.utf8).span) == unit)
  }

  @Test func `long names are cut at a character`() {
    for name in [String(repeating: "a", count: 240), String(repeating: "é", count: 120)] {
      let service = CgroupUnit.namespace(
        cgroupFile: Array("0::/system.slice/\(name).service".utf8).span)
      #expect((119...120).contains(service.utf8.count))
      #expect(name.hasPrefix(service))
    }
    let long = String(repeating: "a", count: 240)
    for path in ["/lxc/\(long)", "/machine.slice/machine-\(long).scope"] {
      #expect(CgroupUnit.unit(path: path).utf8.count == 120)
    }
    #expect(CgroupUnit.namespace(cgroupFile: Array("0::/kubepods/pod\(long)".utf8).span) == "")
  }

  @Test func `mutated files never crash`() {
    var random = SplitMix64(state: 8)
    let rows = Self.engines + Self.pods + Self.machines
    for _ in 0..<20_000 {
      var text = Array(rows[Int(random.next() % UInt64(rows.count))].file.utf8)
      for _ in 0..<3 {
        text[Int(random.next() % UInt64(text.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      let name = CgroupUnit.namespace(cgroupFile: text.span)
      #expect(!name.contains("/") || name.hasPrefix("user@"))
      #expect(name.utf8.count <= 120)
    }
  }
}
