import Foundation
import PackagePlugin

/// Compiles `BPF/*.bpf.c` of a target for the kernel, and writes the object into a Swift file as text: an array literal of
/// that size would take the compiler long.
@main struct CompileBPF: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let sources = target.directoryURL.appending(path: "BPF")
    let output = context.pluginWorkDirectoryURL.appending(path: "BPFObject.swift")
    let script = """
      set -eu
      clang=$1
      "$clang" -print-targets | grep -qw bpf || clang=/usr/bin/clang
      "$clang" -target bpf -mcpu=v3 -O2 -g -Wall -Werror -c "$2" -o "$3.o"
      {
        printf 'enum BPFObject {\\n  static let base64 = "'
        base64 -w 0 "$3.o"
        printf '"\\n}\\n'
      } >"$3"
      """
    let files = try FileManager.default.contentsOfDirectory(
      at: sources, includingPropertiesForKeys: nil)
    return [
      .buildCommand(
        displayName: "BPF programs of \(target.name)", executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", script, "sh", try context.tool(named: "clang").url.path(),
          sources.appending(path: "sockets.bpf.c").path(), output.path(),
        ],
        inputFiles: files.filter { ["c", "h"].contains($0.pathExtension) }, outputFiles: [output])
    ]
  }
}
