import Foundation
import Testing

extension EndToEnd {
  /// Names of containers, from the files of their runtimes.
  @Suite struct Containers {
    /// Of this run alone: other runs may be under way on this machine.
    private static let id = String(
      ("c0ffee" + String(getpid(), radix: 16) + String(repeating: "0", count: 64)).prefix(64))
    private static let short = String(id.prefix(12))
    private static let unit = "docker-\(short)"

    /// Makes a cgroup that takes processes, with those above it; nil if none can be made.
    private static func makeCgroup(_ path: String) -> String? {
      let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
      for line in mounts.split(separator: "\n") where line.contains(" - cgroup") {
        let root = String(line.split(separator: " ")[4])
        let cgroup = "\(root)/\(path)"
        guard
          (try? FileManager.default.createDirectory(
            atPath: cgroup, withIntermediateDirectories: true)) != nil
        else { continue }
        // A hierarchy may want its own settings before it takes a process.
        let child = try? Process.run(
          URL(filePath: "/bin/sh"), arguments: ["-c", "echo $$ >\(cgroup)/cgroup.procs"])
        child?.waitUntilExit()
        if child?.terminationStatus == 0 { return cgroup }
        removeCgroup(cgroup)
      }
      return nil
    }

    /// Removes a cgroup, and what is above it and empty.
    private static func removeCgroup(_ path: String) {
      var path = URL(filePath: path)
      while rmdir(path.path) == 0 { path.deleteLastPathComponent() }
    }

    /// A cgroup as dockerd makes it with the systemd driver; nil if none can be made.
    private static let cgroup = makeCgroup("docker-\(id).scope")

    /// A container as a runtime makes it: its cgroup, the files that name it, and what it is called then.
    struct Layout: CustomTestStringConvertible {
      var testDescription: String
      var cgroup: String
      var files: [(path: String, content: String)]
      var name: String
      var user: UInt32 = 0
    }

    private static let pod = "0cbb0a45_4c3b_4b1e_9a2f_\(String(format: "%012x", getpid()))"
    private static let log = ("/var/log/containers/cart-7d9f6_shop_web-\(id).log", "")
    private static let stored =
      #"[{"id":"\#(id)","names":["NAME"],"metadata":"{\"image-name\":\"quay.io/shop/cart:4\"}"}]"#
    private static let index = "storage/overlay-containers/containers.json"

    static let layouts = [
      Layout(
        testDescription: "Kubernetes, containerd, systemd driver",
        cgroup:
          "kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(pod).slice/cri-containerd-\(id).scope",
        files: [log], name: "shop/cart-7d9f6/web"),
      Layout(
        testDescription: "Kubernetes, containerd, cgroupfs driver",
        cgroup: "kubepods/burstable/pod\(pod.replacing("_", with: "-"))/\(id)", files: [log],
        name: "shop/cart-7d9f6/web"),
      Layout(
        testDescription: "Kubernetes, CRI-O",
        cgroup: "kubepods.slice/kubepods-pod\(pod).slice/crio-\(id).scope",
        files: [
          (
            "/var/lib/containers/\(index)",
            stored.replacing("NAME", with: "k8s_web_cart-7d9f6_shop_0cbb0a45_0")
          )
        ], name: "shop/cart-7d9f6/web"),
      Layout(
        testDescription: "Docker, cgroupfs driver, Compose", cgroup: "docker/\(id)",
        files: [
          (
            "/var/lib/docker/containers/\(id)/config.v2.json",
            #"{"Name":"/shop-web-1","Config":{"Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"}}}"#
          )
        ], name: "shop-web-1"),
      Layout(
        testDescription: "Podman", cgroup: "machine.slice/libpod-\(id).scope/container",
        files: [("/var/lib/containers/\(index)", stored.replacing("NAME", with: "cart"))],
        name: "cart"),
      Layout(
        testDescription: "Podman without root",
        cgroup: "user.slice/user-4711.slice/user@4711.service/user.slice/libpod-\(id).scope",
        files: [
          ("/etc/passwd", "ann:x:4711:4711::/home/ann:/bin/sh\n"),
          ("/home/ann/.local/share/containers/\(index)", stored.replacing("NAME", with: "cart")),
        ], name: "cart", user: 4711),
    ]

    @Test(.enabled(if: cgroup != nil, "no cgroup may be made here"), arguments: layouts)
    func `every runtime's names are found`(layout: Layout) async throws {
      let cgroup = try #require(Self.makeCgroup(layout.cgroup))
      defer { Self.removeCgroup(cgroup) }
      try await withSandbox { namespace, directory in
        let root = directory.file("host")
        for (path, content) in layout.files {
          let file = URL(filePath: root + path)
          try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
          try Data(content.utf8).write(to: file)
          // Of a user's own runtime only that user's files count.
          if path.hasPrefix("/home") { chown(file.path, layout.user, layout.user) }
        }
        let server = try await namespace.start([
          "sh", "-c",
          "echo $$ >\(cgroup)/cgroup.procs && exec python3 \(Tool.program("accept.py")) idle 127.0.0.1 8001",
        ])
        let snapshot = try await eventually("its name") {
          let text = try await namespace.run(
            Daemon.binary, "snapshot", "--containers.root=\(root)")
          return text.contains("accept.py  \(layout.name) ") ? text : nil
        }
        #expect(!snapshot.contains(Self.short), "\(snapshot)")
        try await server.signal("KILL")
        try await eventually("an empty cgroup") {
          try String(contentsOfFile: "\(cgroup)/cgroup.procs", encoding: .utf8).isEmpty ? () : nil
        }
      }
    }

    @Test(.enabled(if: cgroup != nil, "no cgroup may be made here"))
    func `a container is called by its name wherever a person looks`() async throws {
      let cgroup = try #require(Self.cgroup)
      defer { Self.removeCgroup(cgroup) }
      try await withSandbox { namespace, directory in
        let root = directory.file("host")
        let container = "\(root)/var/lib/docker/containers/\(Self.id)"
        try FileManager.default.createDirectory(
          atPath: container, withIntermediateDirectories: true)
        let server = try await namespace.start([
          "sh", "-c",
          "echo $$ >\(cgroup)/cgroup.procs && exec python3 \(Tool.program("accept.py")) idle 127.0.0.1 8001",
        ])
        try await server.says("ready")
        _ = try await namespace.start("python3", "client.py", "leave", "127.0.0.1", "8001", "3")
        let config = try directory.write("c.yaml", "close_wait: {stuck_after: 1s}\n")
        let daemon = try await Daemon.start(
          in: namespace, directory: directory, "--containers.root=\(root)",
          "--config.file=\(config)")
        try await daemon.metrics("the container's sockets") {
          $0.sum("sockets", ["unit": Self.unit, "state": "close_wait"]) == 3
        }
        // Its runtime writes the file a moment later.
        try Data(
          #"{"Name":"/shop-web-1","Config":{"Image":"nginx:1.27","Labels":{"com.docker.compose.project":"shop"}}}"#
            .utf8
        ).write(to: URL(filePath: "\(container)/config.v2.json"))
        let metrics = try await daemon.metrics("its name, and a finding to tell it with") {
          $0.sum("container_info", ["unit": Self.unit]) == 1
            && $0.sum("findings", ["unit": Self.unit, "kind": "close_wait"]) == 1
        }
        let info = try #require(metrics.samples("container_info", ["unit": Self.unit]).first)
        #expect(
          ["runtime", "container", "pod", "namespace", "image", "name"].map { info.label($0) } == [
            "docker", "shop-web-1", "", "shop", "nginx:1.27", "shop-web-1",
          ])
        for path in ["/api/v1/snapshot?width=200", "/api/v1/explain", "/_/page", "/api/v1/groups"] {
          let text = try #require(try await daemon.get(path, "-H", "Accept: text/plain, */*")).text
          #expect(text.contains("shop-web-1"), "\(path): \(text)")
        }
        let story = try #require(
          try await daemon.get("/api/v1/explain?subject=:8001", "-H", "Accept: text/plain")
        ).text
        #expect(story.contains("shop-web-1 (\(Self.unit))"), "\(story)")
        // One look has it too.
        let snapshot = try await namespace.run(
          Daemon.binary, "snapshot", "--containers.root=\(root)")
        #expect(snapshot.contains("shop-web-1"), "\(snapshot)")
        // Off with one key.
        let off = try directory.write("off.yaml", "containers: {names: false}\n")
        let plain = try await namespace.run(
          Daemon.binary, "snapshot", "--containers.root=\(root)", "--config.file=\(off)")
        #expect(plain.contains(Self.unit) && !plain.contains("shop-web-1"), "\(plain)")
        try await server.signal("KILL")
        try await eventually("an empty cgroup") { rmdir(cgroup) == 0 ? () : nil }
      }
    }
  }
}
