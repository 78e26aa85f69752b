import Foundation
import PackagePlugin

/// Writes git's revision into a Swift file before each build; outside a git checkout it is
/// `unknown`.
@main struct BuildRevision: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "generated")
    let script = """
      set -eu
      cd "$1"
      revision=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
      mkdir -p "$2"
      cat >"$2/BuildRevision.new" <<END
      enum BuildRevision {
        static let revision = "$revision"
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
