import Foundation
import SocketStates
import Testing

@testable import LinuxSockets

/// Layouts as the runtimes and the kubelet write them, under a directory of the test's own.
@Suite struct ContainerNameTests {
  private static let id = "579635db3532e954d07927bdc32bd435bd082f03a0696ded072f04d762a18775"
  private static let short = String(id.prefix(12))

  /// A host's files; removed at the end.
  private final class Host {
    let root = NSTemporaryDirectory() + "host-" + UUID().uuidString

    func write(_ path: String, _ text: String) throws {
      let directory = root + path[..<path.lastIndex(of: "/")!]
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: root + path))
    }

    func directory(_ path: String) throws {
      try FileManager.default.createDirectory(
        atPath: root + path, withIntermediateDirectories: true)
    }

    func names(_ labels: String...) -> [String: ContainerName] {
      var cache = ContainerNameCache()
      _ = cache.update(Set(labels), root: root, at: 0)
      return Dictionary(uniqueKeysWithValues: cache.names.sorted.map { ($0.label, $0.name) })
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }
  }

  @Test(arguments: [
    ("docker-0123456789ab", true), ("cri-0123456789ab", true), ("libpod-0123456789ab", true),
    ("user@1000/libpod-0123456789ab", true), ("nspawn-web", true), ("lxc-db", true),
    ("pod-0cbb0a45-4c3b", true), ("docker.service", false), ("docker-0123456789a", false),
    ("docker-0123456789abc", false), ("docker-0123456789aG", false), ("user@x/docker-0", false),
    ("user@1000/nginx.service", false), ("nspawn-", false), ("", false), ("netns-blue", false),
  ])
  func `labels of containers are told from units`(_ text: String, _ isContainer: Bool) {
    #expect((ContainerLabel(text) != nil) == isContainer)
  }

  @Test func `Docker's file has name and image, with Compose project and service too`() throws {
    let host = Host()
    let other = String(Self.id.reversed())
    try host.write(
      "/var/lib/docker/containers/\(Self.id)/config.v2.json",
      #"{"ID":"\#(Self.id)","Name":"/shop-web-1","Image":"sha256:00","Config":{"Image":"nginx:1.27","Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"}}}"#
    )
    try host.write(
      "/var/lib/docker/containers/\(other)/config.v2.json",
      #"{"ID":"\#(other)","Name":"/quirky_bell","Config":{"Image":"redis","Labels":null}}"#)
    let names = host.names("docker-\(Self.short)", "docker-\(other.prefix(12))")
    #expect(
      names["docker-\(Self.short)"]
        == ContainerName(
          runtime: "docker", container: "shop-web-1", namespace: "shop", service: "web",
          image: "nginx:1.27"))
    #expect(
      names["docker-\(other.prefix(12))"]
        == ContainerName(runtime: "docker", container: "quirky_bell", image: "redis"))
  }

  @Test func `Docker's data may be elsewhere`() throws {
    let host = Host()
    try host.write("/etc/docker/daemon.json", #"{"data-root": "/srv/docker"}"#)
    try host.write(
      "/srv/docker/containers/\(Self.id)/config.v2.json", #"{"Name":"/db","Config":{}}"#)
    #expect(host.names("docker-\(Self.short)").values.map(\.text) == ["db"])
  }

  /// The kubelet's names are the same for containerd and CRI-O, and for both cgroup drivers the label is.
  @Test func `the kubelet's directories name pod, namespace and container`() throws {
    let host = Host()
    let uid = "0cbb0a45-4c3b-4b1e-9a2f-3f1d2c4b5a69"
    try host.write("/var/log/containers/cart-7d9f6_shop_web-\(Self.id).log", "")
    try host.directory("/var/log/pods/shop_cart-7d9f6_\(uid)/web")
    let names = host.names("cri-\(Self.short)", "pod-\(uid)")
    #expect(names["cri-\(Self.short)"]?.text == "shop/cart-7d9f6/web")
    #expect(names["pod-\(uid)"]?.text == "shop/cart-7d9f6")
  }

  @Test func `containerd's bundle adds the image, and names what has no log`() throws {
    let host = Host()
    let pause = String(Self.id.reversed())
    let task = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"
    try host.write("/var/log/containers/cart-7d9f6_shop_web-\(Self.id).log", "")
    try host.write(
      "\(task)/\(Self.id)/config.json",
      #"{"ociVersion":"1.1.0","annotations":{"io.kubernetes.cri.container-name":"web","io.kubernetes.cri.container-type":"container","io.kubernetes.cri.image-name":"docker.io/shop/cart:4","io.kubernetes.cri.sandbox-name":"cart-7d9f6","io.kubernetes.cri.sandbox-namespace":"shop"}}"#
    )
    try host.write(
      "\(task)/\(pause)/config.json",
      #"{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"cart-7d9f6","io.kubernetes.cri.sandbox-namespace":"shop"}}"#
    )
    let names = host.names("cri-\(Self.short)", "cri-\(pause.prefix(12))")
    #expect(
      names["cri-\(Self.short)"]
        == ContainerName(
          runtime: "cri", container: "web", pod: "cart-7d9f6", namespace: "shop",
          image: "docker.io/shop/cart:4"))
    #expect(names["cri-\(pause.prefix(12))"]?.text == "shop/cart-7d9f6")
  }

  @Test func `CRI-O's index names container, pod and image`() throws {
    let host = Host()
    try host.write(
      "/var/lib/containers/storage/overlay-containers/containers.json",
      #"[{"id":"\#(Self.id)","names":["k8s_POD_cart-7d9f6_shop_0cbb0a45_0","k8s_web_cart-7d9f6_shop_0cbb0a45_0"],"image":"00","layer":"01","metadata":"{\"pod-name\":\"k8s_web_cart-7d9f6_shop_0cbb0a45_0\",\"image-name\":\"quay.io/shop/cart:4\",\"metadata-name\":\"web\",\"namespace\":\"shop\"}","created":"2026-01-01T00:00:00Z"}]"#
    )
    #expect(
      host.names("cri-\(Self.short)")["cri-\(Self.short)"]
        == ContainerName(
          runtime: "cri", container: "web", pod: "cart-7d9f6", namespace: "shop",
          image: "quay.io/shop/cart:4"))
  }

  private static let podmans =
    #"[{"id":"\#(id)","names":["contenedor1"],"image":"d7","layer":"67","metadata":"{\"image-name\":\"quay.io/centos7/httpd-24-centos7:latest\",\"image-id\":\"d7\",\"name\":\"contenedor1\",\"created-at\":1711141194}","flags":{"MountLabel":""}}]"#

  @Test func `Podman's index names root's containers and a user's`() throws {
    let host = Host()
    let index = "storage/overlay-containers/containers.json"
    let expected = ContainerName(
      runtime: "libpod", container: "contenedor1", image: "quay.io/centos7/httpd-24-centos7:latest")
    try host.write("/var/lib/containers/\(index)", Self.podmans)
    #expect(host.names("libpod-\(Self.short)").values.first == expected)

    // Files are told by their owner: that is who runs the test.
    let user = getuid()
    let label = "user@\(user)/libpod-\(Self.short)"
    let users = Host()
    try users.write(
      "/etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:\(user):0::/home/ann:/bin/sh\n")
    try users.write("/home/ann/.local/share/containers/\(index)", Self.podmans)
    if user == 0 { try users.write("/root/.local/share/containers/\(index)", Self.podmans) }
    #expect(users.names(label)[label] == expected)
    // Root's index does not name a user's container, nor the other way round.
    #expect(users.names("libpod-\(Self.short)").isEmpty)
    #expect(host.names(label).isEmpty)
  }

  @Test func `what a user links to is not read for that user`() throws {
    let host = Host()
    let label = "user@4711/libpod-\(Self.short)"
    let index = "/.local/share/containers/storage/overlay-containers/containers.json"
    try host.write("/etc/passwd", "eve:x:4711:4711::/home/eve:/bin/sh\n")
    // The file is of whoever runs the test, not of user 4711.
    try host.write("/home/eve" + index, Self.podmans)
    #expect(host.names(label).isEmpty)
  }

  @Test func `systemd-nspawn and LXC have names already`() {
    let names = Host().names("nspawn-web", "lxc-db")
    #expect(names["nspawn-web"]?.container == "web")
    #expect(names["lxc-db"]?.runtime == "lxc")
  }

  @Test(arguments: [
    "", "{", "[]", "null", #"{"Name":7}"#, #"{"Name":"/a""#, #"[{"id":7}]"#, #"{"annotations":[]}"#,
    String(repeating: "[", count: 100_000), "\u{0}", #"{"Name":"/"}"#,
  ])
  func `a file that is something else names nothing`(_ text: String) throws {
    let host = Host()
    try host.write("/var/lib/docker/containers/\(Self.id)/config.v2.json", text)
    try host.write("/var/lib/containers/storage/overlay-containers/containers.json", text)
    try host.write(
      "/run/containerd/io.containerd.runtime.v2.task/k8s.io/\(Self.id)/config.json", text)
    try host.write("/etc/docker/daemon.json", text)
    #expect(
      host.names("docker-\(Self.short)", "cri-\(Self.short)", "libpod-\(Self.short)").isEmpty)
  }

  @Test func `names are visible text and bounded`() throws {
    let host = Host()
    let long = String(repeating: "é", count: 5000)
    try host.write(
      "/var/lib/docker/containers/\(Self.id)/config.v2.json",
      #"{"Name":"/a\u001b[2J\u202eb","Config":{"Image":"\#(long)"}}"#)
    let name = try #require(host.names("docker-\(Self.short)").values.first)
    #expect(name.container == #"a\u{1b}[2J\u{202e}b"#)
    #expect((1...120).contains(name.image.utf8.count))
  }

  @Test func `a container without a name is looked for again, later each time`() throws {
    let host = Host()
    let label = "docker-\(Self.short)"
    var cache = ContainerNameCache()
    _ = cache.update([label], root: host.root, at: 0)
    try host.write("/var/lib/docker/containers/\(Self.id)/config.v2.json", #"{"Name":"/web"}"#)
    _ = cache.update([label], root: host.root, at: 1999)
    #expect(cache.names[label] == nil)
    _ = cache.update([label], root: host.root, at: 2000)
    #expect(cache.names[label]?.text == "web")
    // Renamed: seen within ten minutes.
    try host.write("/var/lib/docker/containers/\(Self.id)/config.v2.json", #"{"Name":"/shop"}"#)
    _ = cache.update([label], root: host.root, at: 601_999)
    #expect(cache.names[label]?.text == "web")
    _ = cache.update([label], root: host.root, at: 602_000)
    #expect(cache.names[label]?.text == "shop")
    // Gone with its sockets.
    _ = cache.update([], root: host.root, at: 602_001)
    #expect(cache.names.sorted.isEmpty)
  }

  @Test func `places have names, and the pod is not said twice`() {
    let names = ContainerNames([
      "cri-0": ContainerName(runtime: "cri", container: "web", pod: "cart", namespace: "shop"),
      "pod-1": ContainerName(runtime: "pod", pod: "cart", namespace: "shop"),
      "pod-2": ContainerName(runtime: "pod", pod: "db-0", namespace: "shop"),
    ])
    func place(_ unit: String, _ netns: String, ids: Bool = false) -> String {
      names.place(
        of: GroupLabels(process: "p", unit: unit, direction: .inbound, port: 1, netns: netns),
        showsIdentifiers: ids)
    }
    #expect(place("cri-0", "pod-1") == "shop/cart/web")
    #expect(place("cri-0", "", ids: true) == "shop/cart/web (cri-0)")
    #expect(place("cri-0", "pod-2") == "shop/cart/web @shop/db-0")
    #expect(place("", "pod-2") == "@shop/db-0")
    #expect(place("nginx.service", "") == "nginx.service")
    #expect(place("docker-9", "docker-9") == "docker-9")
  }
}
