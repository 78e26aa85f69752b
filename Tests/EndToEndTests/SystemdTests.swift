import Foundation
import Testing

/// The package, installed into a real system and run by a real systemd.
@Suite(
  "Under systemd", .serialized,
  .enabled(if: Machine.isWanted, "SOCKSTATED_SKIP_SYSTEMD is set"),
  .enabled(if: DebianPackage.canBeBuilt, "dpkg is not installed"))
struct UnderSystemd {
  /// Flags that let a test see soon what happens.
  private static let hasty = "--poll.interval=200ms"
  private static let configuration = "/etc/sockstated/sockstated.yaml"

  /// A machine with the package, and the service running.
  private func withService(_ body: (Machine) async throws -> Void) async throws {
    try await Machine.with { machine in
      try await machine.install()
      try machine.write("/etc/default/sockstated", "ARGS=\"\(Self.hasty)\"\n")
      try await machine.run("systemctl", "restart", "sockstated")
      try await body(machine)
    }
  }

  @Test(
    .enabled(if: KernelCounters.arePossible, "sockstated-bpf is not built, or BPF is not allowed"))
  func `the kernel's counters are loaded by their package and read by the service as it is`()
    async throws
  {
    try await withService { machine in
      try await machine.run("mount", "-t", "bpf", "-o", "mode=700", "bpf", "/sys/fs/bpf")
      let package = "/root/sockstated-bpf.deb"
      try machine.copy(try await DebianPackage.counters.value, to: package)
      try await machine.run("dpkg", "--force-unsafe-io", "--no-triggers", "--install", package)
      #expect(try await machine.property("ActiveState", of: "sockstated-bpf") == "active")
      #expect(try await machine.property("UnitFileState", of: "sockstated-bpf") == "enabled")
      // Its file systems are those that were there when it was started.
      try await machine.run("systemctl", "restart", "sockstated")
      try await machine.metrics("the kernel's counters") { $0.areFromKernelCounters }
      let script = "/usr/local/bin/brief-connect.sh"
      try machine.copy(Tool.program("brief-connect.sh"), to: script)
      _ = try await machine.result(["bash", script, "127.0.0.1", "8001"])
      let metrics = try await machine.metrics("the refused connect") {
        $0.sum("connect_failures_total", ["port": "8001"]) == 1
      }
      #expect(metrics.sum("connect_failures_total", ["process": "brief-connect.sh"]) == 1)
      // An upgrade loads them anew, and the daemon goes on.
      func loaded() async throws -> String { try await machine.run("sockstated-bpf", "status") }
      let first = try await loaded()
      try await machine.run("dpkg", "--force-unsafe-io", "--no-triggers", "--install", package)
      #expect(try await loaded() != first)
      try await machine.metrics("the new counters") { $0.areFromKernelCounters }
      try await machine.run("dpkg", "--remove", "sockstated-bpf")
      #expect(try await !machine.run("ls", "/sys/fs/bpf").contains("sockstated"))
      try await machine.metrics("their end") { !$0.areFromKernelCounters }
      try await machine.run("dpkg", "--purge", "sockstated-bpf")
      let rests = try await machine.run(
        "sh", "-c", "find /etc /usr /var/lib/systemd -name '*sockstated-bpf*'")
      #expect(rests == "")
    }
  }

  @Test func `install starts it, upgrade restarts it, remove stops it, purge leaves nothing`()
    async throws
  {
    try await Machine.with { machine in
      try await machine.install()
      #expect(try await machine.property("ActiveState") == "active")
      #expect(try await machine.property("UnitFileState") == "enabled")
      #expect(try await machine.get("/-/ready") != nil)
      #expect(try await machine.property("UnitFileState", of: "sockstated.socket") == "disabled")

      let first = try await machine.property("MainPID")
      let changed = try machine.read(Self.configuration)
        .replacing("interval: 5s", with: "interval: 1s")
      try machine.write(Self.configuration, changed)
      try await machine.install(revision: 2)
      #expect(
        try await machine.run("dpkg-query", "-Wf", "${Version}", "sockstated").hasSuffix("-2"))
      #expect(try machine.read(Self.configuration) == changed)
      #expect(try await machine.property("ActiveState") == "active")
      #expect(try await machine.property("MainPID") != first)

      try await machine.run("systemctl", "disable", "--now", "sockstated")
      try await machine.install(revision: 1)
      #expect(try await machine.property("ActiveState") == "inactive")
      #expect(try await machine.property("UnitFileState") == "disabled")
      try await machine.run("systemctl", "enable", "--now", "sockstated")

      try await machine.run("dpkg", "--remove", "sockstated")
      #expect(try await machine.get("/-/ready") == nil)
      #expect(!machine.exists("/usr/bin/sockstated"))
      #expect(try machine.read(Self.configuration) == changed)

      try await machine.run("dpkg", "--purge", "sockstated")
      let rests = try await machine.run(
        "sh", "-c",
        "find /etc /usr /var/lib/systemd -name '*sockstated*' ! -name sockstated-test.target")
      #expect(rests == "")
    }
  }

  @Test func `ready, with a status line; it reloads, logs with priorities, and stops`() async throws
  {
    try await withService { machine in
      #expect(try await machine.property("ActiveState") == "active")
      #expect(try await machine.property("MemoryMax") == "\(1 << 30)")
      #expect(try await machine.property("LimitCORE") == "0")
      // Three intervals without a poll are 600 ms here, and a busy machine leaves them out now and then.
      _ = try await eventually("readiness") { try await machine.get("/-/ready") }
      let status = try await machine.property("StatusText")
      #expect(
        status.wholeMatch(of: /[0-9]+ sockets in [0-9]+ groups, from sock_diag/) != nil, "\(status)"
      )

      try await machine.run("systemctl", "reload", "sockstated")
      try await machine.saysInJournal("configuration read again", priority: "6")
      try machine.write(Self.configuration, "poll:\n  interval: never\n")
      try await machine.run("systemctl", "reload", "sockstated")
      try await machine.saysInJournal("configuration not read again", priority: "3")
      try await machine.metrics("a failed reload") {
        $0.value("sockstate_config_last_reload_successful") == 0
      }
      #expect(try await machine.property("ActiveState") == "active")
      let own = try await machine.journal().filter { $0["_COMM"] == "sockstated" }
      let messages = own.compactMap { $0["MESSAGE"] }
      #expect(messages.allSatisfy { $0.hasPrefix("level=") }, "\(messages)")

      try await machine.run("systemctl", "stop", "sockstated")
      #expect(try await machine.property("Result") == "success")
      #expect(try await machine.property("ExecMainStatus") == "0")
    }
  }

  @Test func `one that hangs is killed by the watchdog and started again`() async throws {
    try await withService { machine in
      try machine.write(
        "/etc/systemd/system/sockstated.service.d/watchdog.conf", "[Service]\nWatchdogSec=10s\n")
      try await machine.run("systemctl", "daemon-reload")
      try await machine.run("systemctl", "restart", "sockstated")
      let first = try await machine.property("MainPID")
      try await machine.run("kill", "-s", "STOP", first)
      _ = try await eventually("a restart") {
        let restarts = try await machine.property("NRestarts")
        return restarts != "0" ? restarts : nil
      }
      try await machine.saysInJournal("Watchdog timeout")
      try await machine.metrics("metrics of the new one") { $0.lastPoll > 0 }
      #expect(try await machine.property("MainPID") != first)
    }
  }

  @Test func `a user of its own with two capabilities sees the processes and units of others`()
    async throws
  {
    try await withService { machine in
      let pid = try await machine.property("MainPID")
      let status = Dictionary(
        try machine.read("/proc/\(pid)/status").split(separator: "\n").compactMap { line in
          line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        }.map { ($0[0], $0.count > 1 ? $0[1] : "") }, uniquingKeysWith: { $1 })
      let user = Int(status["Uid", default: ""].split(separator: "\t").first ?? "") ?? 0
      #expect((61184...65519).contains(user), "systemd's range for dynamic users: \(user)")
      // CAP_DAC_READ_SEARCH is 2, CAP_SYS_PTRACE 19 (linux/capability.h).
      let capabilities = String(1 << 2 | 1 << 19, radix: 16)
      for set in ["CapEff", "CapPrm", "CapBnd"] {
        #expect(status[set]?.trimmingPrefix(while: { $0 == "0" }) == capabilities[...], "\(set)")
      }
      #expect(status["NoNewPrivs"] == "1")
      #expect(status["Seccomp"] == "2")

      try await machine.startShop()
      try await machine.metrics("all connections, by process") {
        $0.shop(process: "accept.py", unit: "shop.service", "inbound") == 4
          && $0.shop(process: "client.py", unit: "worker.service", "outbound") == 4
      }

      // Now what is left without capabilities: the kernel tells the cgroup of a socket to anyone.
      try machine.write(
        "/etc/systemd/system/sockstated.service.d/capabilities.conf",
        "[Service]\nAmbientCapabilities=\nCapabilityBoundingSet=\n")
      try await machine.run("systemctl", "daemon-reload")
      try await machine.run("systemctl", "restart", "sockstated")
      try await machine.metrics("all connections, by unit alone") {
        $0.shop(process: "unknown", unit: "shop.service", "inbound") == 4
          && $0.shop(process: "unknown", unit: "worker.service", "outbound") == 4
      }
      try await machine.saysInJournal("cannot inspect other users' processes", priority: "4")
    }
  }

  @Test func `with the drop-in it sees namespaces of other units and those that are bound`()
    async throws
  {
    try await withService { machine in
      try await machine.run(
        "install", "-D", "-t", "/etc/systemd/system/sockstated.service.d",
        "/usr/share/sockstated/systemd/namespaces.conf")
      try machine.copy(Tool.program("accept.py"), to: "/usr/local/lib/accept.py")
      let command = "sleep infinity | exec python3 /usr/local/lib/accept.py patient 127.0.0.1 8001"
      for (unit, settings) in [
        ("private", "PrivateNetwork=yes"), ("bound", "NetworkNamespacePath=/run/netns/blue"),
      ] {
        try machine.write(
          "/etc/systemd/system/\(unit).service",
          "[Service]\nDynamicUser=yes\n\(settings)\nExecStart=/bin/sh -c '\(command)'\n")
      }
      try await machine.run("ip", "netns", "add", "blue")
      try await machine.run("ip", "netns", "exec", "blue", "ip", "link", "set", "lo", "up")
      try await machine.run("systemctl", "daemon-reload")
      try await machine.run("systemctl", "restart", "sockstated")
      try await machine.run("systemctl", "start", "private", "bound")
      // As dockerd does with the systemd cgroup driver: a scope and a namespace for each.
      let containers = ["docker-0123456789ab", "docker-ba9876543210"]
      let zeros = String(repeating: "0", count: 52)
      for container in containers {
        try await machine.run(
          "sh", "-c",
          """
          systemd-run --quiet --scope --unit=\(container)\(zeros).scope \
            unshare --net sh -c 'ip link set lo up; \(command)' </dev/null >/dev/null 2>&1 &
          """)
      }
      let places =
        [
          ("private.service", unit: "private.service"), ("netns-blue", unit: "bound.service"),
        ] + containers.map { ($0, unit: $0) }
      // One name and one port, and four groups.
      try await machine.metrics("the listeners of all") { metrics in
        places.allSatisfy { netns, unit in
          let labels = ["process": "accept.py", "port": "8001", "unit": unit, "netns": netns]
          return metrics.samples("sockets", labels).filter { $0.value == 1 }.count == 1
        }
      }
      // Docker's files are for root alone; the shipped unit may read them all the same.
      let directory = "/var/lib/docker/containers/\(containers[0].dropFirst(7))\(zeros)"
      try await machine.run("install", "-d", "-m", "710", directory)
      try machine.write("\(directory)/config.v2.json", #"{"Name":"/shop-web-1","Config":{}}"#)
      try await machine.run("chmod", "600", "\(directory)/config.v2.json")
      try await machine.metrics("the name of one") {
        $0.sum("container_info", ["unit": containers[0], "name": "shop-web-1"]) == 1
      }
      let pid = try await machine.property("MainPID")
      // The daemon is in none of them, and keeps none of them.
      #expect(
        try await machine.run("readlink", "/proc/\(pid)/ns/net", "/proc/1/ns/net")
          .split(separator: "\n").reduce(into: Set()) { $0.insert($1) }.count == 1)
      try await machine.run("systemctl", "stop", "private")
      try await machine.metrics("the end of one") {
        $0.samples("sockets", ["netns": "private.service"]).isEmpty
      }
      let complaints = try await machine.journal().filter {
        $0["MESSAGE"]?.contains("level=warning") == true
      }
      #expect(complaints.isEmpty, "\(complaints.compactMap { $0["MESSAGE"] })")
    }
  }

  @Test
  func `units are the same at every start, hold no address, and below a user's manager say whose`()
    async throws
  {
    try await withService { machine in
      for program in ["accept.py", "client.py"] {
        try machine.copy(Tool.program(program), to: "/usr/local/lib/\(program)")
      }
      let system = "/run/systemd/system"
      try machine.write(
        "\(system)/hold.socket", "[Socket]\nListenStream=127.0.0.1:2222\nAccept=yes\n")
      try machine.write(
        "\(system)/hold@.service", "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n")
      try await machine.run("systemctl", "daemon-reload")
      try await machine.run("systemctl", "start", "hold.socket")
      func command(_ words: String) -> String {
        "sleep infinity | exec python3 /usr/local/lib/\(words)"
      }
      for words in ["accept.py patient 127.0.0.1 8001", "client.py hold 127.0.0.1 2222 2"] {
        try await machine.run("systemd-run", "--quiet", "sh", "-c", command(words))
      }
      // As a user's manager makes them for what its user calls so.
      try await machine.run(
        "sh", "-c",
        """
        directory=/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/nginx.service
        mkdir -p $directory
        (echo 0 >$directory/cgroup.procs; \(command("accept.py patient 127.0.0.1 8002"))) </dev/null >/dev/null 2>&1 &
        """)
      let metrics = try await machine.metrics("all units") { metrics in
        metrics.sum("sockets", ["unit": "hold@.service", "state": "established"]) == 2
          && metrics.sum("sockets", ["unit": "run.service", "port": "8001", "state": "listen"]) == 1
          && metrics.sum("sockets", ["unit": "user@1000/nginx.service", "port": "8002"]) == 1
      }
      #expect(metrics.samples.allSatisfy { !($0.label("unit") as String).contains("127.0.0.1") })
      #expect(metrics.samples("sockets", ["unit": "nginx.service"]).isEmpty)
    }
  }

  @Test func `the socket unit holds the port while the service is down, and starts it when asked`()
    async throws
  {
    try await withService { machine in
      try machine.write(
        "/etc/default/sockstated", "ARGS=\"\(Self.hasty) --web.systemd-socket\"\n")
      try await machine.run("systemctl", "stop", "sockstated")
      try await machine.run("systemctl", "enable", "--now", "sockstated.socket")
      #expect(try await machine.property("ActiveState") == "inactive")
      for _ in 0..<2 {
        try await machine.metrics("metrics by activation") { $0.lastPoll > 0 }
        // It serves before it says that it is ready.
        _ = try await eventually("an active service") {
          try await machine.property("ActiveState") == "active" ? true : nil
        }
        let listeners = try await machine.run("ss", "-tlnH")
        #expect(listeners.split(separator: "\n").count == 1, "\(listeners)")
        // systemd warns that the socket will start it again.
        try await machine.run("systemctl", "stop", "sockstated")
        #expect(try await machine.run("ss", "-tlnH").contains(":10793"))
      }
      try await machine.run("dpkg", "--purge", "sockstated")
      #expect(try await machine.run("ss", "-tlnH") == "")
    }
  }
}

extension Machine {
  /// Waits for a line of the service or about it; of this priority (syslog(3)), where one is given.
  fileprivate func saysInJournal(_ words: String, priority: String? = nil) async throws {
    try await eventually("“\(words)” in the journal") { () -> Void? in
      let line = try await journal().first { $0["MESSAGE"]?.contains(words) == true }
      guard let line else { return nil }
      if let priority, line["PRIORITY"] != priority {
        throw Child.Failure(description: "not of priority \(priority): \(line)")
      }
      return ()
    }
  }

  /// Two units of other users, with four connections from one to the other.
  fileprivate func startShop() async throws {
    for (unit, program) in [
      ("shop", "accept.py patient 127.0.0.1 8001"), ("worker", "client.py hold 127.0.0.1 8001 4"),
    ] {
      let file = String(program.prefix { $0 != " " })
      try copy(Tool.program(file), to: "/usr/local/lib/\(file)")
      // The programs run until their standard input ends.
      try write(
        "/etc/systemd/system/\(unit).service",
        """
        [Service]
        DynamicUser=yes
        ExecStart=/bin/sh -c 'sleep infinity | python3 /usr/local/lib/\(program)'
        """)
      try await run("systemctl", "daemon-reload")
      try await run("systemctl", "start", unit)
      if unit == "shop" {
        try await eventually("the shop's listener") {
          try await self.run("ss", "-tlnH").contains(":8001") ? () : nil
        }
      }
    }
  }
}

extension Metrics {
  fileprivate func shop(process: String, unit: String, _ direction: String) -> Double {
    sum(
      "sockets",
      [
        "process": process, "unit": unit, "direction": direction, "port": "8001",
        "state": "established",
      ])
  }
}
