import Foundation
import PackagePlugin

/// Writes the version in the file `VERSION`, and git's revision, into a Swift file before each build.
/// Outside a git checkout the revision is `unknown`.
@main struct BuildVersion: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let output = context.pluginWorkDirectoryURL.appending(path: "generated")
    let script = """
      set -eu
      cd "$1"
      read -r version <VERSION
      revision=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
      mkdir -p "$2"
      cat >"$2/BuildVersion.new" <<END
      enum BuildVersion {
        static let version = "$version"
        static let revision = "$revision"
      }
      END
      if cmp -s "$2/BuildVersion.new" "$2/BuildVersion.swift"; then
        rm "$2/BuildVersion.new"
      else
        mv "$2/BuildVersion.new" "$2/BuildVersion.swift"
      fi
      """
    return [
      .prebuildCommand(
        displayName: "Version of \(target.name)", executable: URL(filePath: "/bin/sh"),
        arguments: [
          "-c", script, "sh", context.package.directoryURL.path(), output.path(),
        ],
        outputFilesDirectory: output)
    ]
  }
}
