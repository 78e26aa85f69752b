import Foundation
import Testing

extension EndToEnd {
  /// What processes are called.
  @Suite struct Names {
    private static let python = "import os, sys; print(os.path.realpath(sys.executable))"

    @Test(arguments: ["spawn", "forkserver"])
    func `workers that multiprocessing starts are one group with what started them`(
      method: String
    ) async throws {
      try await withSandbox { namespace, directory in
        _ = try await namespace.start("python3", "spawning.py", method, "127.0.0.1", "8001")
        _ = try await namespace.start("python3", "client.py", "hold", "127.0.0.1", "8001", "6")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await daemon.metrics("its connections") {
          $0.sum(
            "sockets", ["process": "spawning.py", "port": "8001", "state": "established"]) == 6
        }
        let metrics = try await daemon.freshMetrics()
        let names = Set(metrics.samples("sockets", [:]).map { $0.label("process") })
        #expect(names.isSubset(of: ["spawning.py", "client.py", "sockstated"]), "\(names)")
      }
    }

    @Test func `a program goes by the link that it was called by`() async throws {
      try await withSandbox { namespace, directory in
        let link = directory.file("storefront")
        let sleep = try #require(Tool.path("sleep"))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: sleep)
        let code = """
          import os, socket
          listener = socket.create_server(("127.0.0.1", 8001))
          listener.set_inheritable(True)
          print("ready", flush=True)
          os.execv("\(link)", ["\(link)", "600"])
          """
        let program = try await namespace.start(["python3", "-c", code])
        try await program.says("ready")
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await daemon.metrics("its listener") {
          $0.sum("sockets", ["process": "storefront", "port": "8001", "state": "listen"]) == 1
        }
      }
    }

    @Test func `what the dynamic linker runs, and the directory of a name that says nothing`()
      async throws
    {
      try await withSandbox { namespace, directory in
        let python = try await namespace.run("python3", "-c", Self.python)
          .trimmingCharacters(in: .newlines)
        let folder = directory.file("billing")
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false)
        try FileManager.default.copyItem(
          atPath: Tool.program("accept.py"), toPath: folder + "/server.py")
        let named = try await namespace.start([
          "sh", "-c", "cd \"$1\" && exec python3 server.py idle 127.0.0.1 8001", "sh", folder,
        ])
        try await named.says("ready")
        let linker = "/lib64/ld-linux-x86-64.so.2"
        let hasLinker = FileManager.default.fileExists(atPath: linker)
        if hasLinker {
          let linked = try await namespace.start([
            linker, python, Tool.program("accept.py"), "idle", "127.0.0.1", "8002",
          ])
          try await linked.says("ready")
        }
        let daemon = try await Daemon.start(in: namespace, directory: directory)
        try await daemon.metrics("both listeners") {
          $0.sum("sockets", ["process": "billing/server.py", "port": "8001"]) == 1
            && $0.sum("sockets", ["process": "accept.py", "port": "8002"]) == (hasLinker ? 1 : 0)
        }
        let explained = try await eventually("an explanation") {
          let text = try await namespace.run(
            Daemon.binary, "explain", "billing/server.py", "--connect=unix:\(daemon.socket)")
          return text.contains("8001") ? text : nil
        }
        #expect(explained.contains("billing/server.py"))
      }
    }
  }
}
