import Foundation
import Testing

extension EndToEnd {
  /// Names of containers, from the files of their runtimes.
  @Suite struct Containers {
    /// Of this run alone: other runs may be under way on this machine.
    private static let id = String(
      ("c0ffee" + String(getpid(), radix: 16) + String(repeating: "0", count: 64)).prefix(64))
    private static let unit = "docker-\(id.prefix(12))"

    /// A cgroup as dockerd makes it with the systemd driver; nil if none can be made.
    private static let cgroup: String? = {
      let mounts = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
      for line in mounts.split(separator: "\n") where line.contains(" - cgroup") {
        let path = "\(line.split(separator: " ")[4])/docker-\(id).scope"
        guard
          (try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false)) != nil
        else { continue }
        // A hierarchy may want its own settings before it takes a process.
        let child = try? Process.run(
          URL(filePath: "/bin/sh"), arguments: ["-c", "echo $$ >\(path)/cgroup.procs"])
        child?.waitUntilExit()
        if child?.terminationStatus == 0 { return path }
        rmdir(path)
      }
      return nil
    }()

    @Test(.enabled(if: cgroup != nil, "no cgroup may be made here"))
    func `a container is called by its name wherever a person looks`() async throws {
      let cgroup = try #require(Self.cgroup)
      defer { rmdir(cgroup) }
      try await withSandbox { namespace, directory in
        let root = directory.file("host")
        let container = "\(root)/var/lib/docker/containers/\(Self.id)"
        try FileManager.default.createDirectory(
          atPath: container, withIntermediateDirectories: true)
        let server = try await namespace.start([
          "sh", "-c",
          "echo $$ >\(cgroup)/cgroup.procs && exec python3 \(Tool.program("accept.py")) idle 127.0.0.1 8001",
        ])
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
        let metrics = try await daemon.metrics("its name") {
          $0.sum("container_info", ["unit": Self.unit]) == 1
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
