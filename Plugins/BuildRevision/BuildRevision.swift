import Foundation
import PackagePlugin

/// Writes what was built, git's revision and the compiler's version, into a Swift file before each
/// build. Outside a git checkout the revision is `unknown`.
@main struct BuildRevision: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "generated")
    let script = """
      set -eu
      cd "$1"
      revision=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
      swift=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \\([0-9.]*\\).*/\\1/p' | head -n 1)
      mkdir -p "$2"
      cat >"$2/BuildRevision.new" <<END
      enum BuildRevision {
        static let revision = "$revision"
        static let swiftVersion = "${swift:-unknown}"
      }
      END
      if cmp -s "$2/BuildRevision.new" "$2/BuildRevision.swift"; then
        rm "$2/BuildRevision.new"
      else
        mv "$2/BuildRevision.new" "$2/BuildRevision.swift"
      fi
      """
    return [
      .prebuildCommand(
        displayName: "Revision of \(target.name)", executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", script, "sh", context.package.directoryURL.path(), output.path(),
        ],
        outputFilesDirectory: output)
    ]
  }
}
