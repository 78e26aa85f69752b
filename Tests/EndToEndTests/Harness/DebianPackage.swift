import Foundation

/// The package that scripts/build-deb.sh makes of the binary under test.
enum DebianPackage {
  static let canBeBuilt = Tool.has("dpkg-deb") && Tool.has("dpkg")

  /// Two packages that differ in their revision alone, made once. They are left beside the binary, and not
  /// compressed: lintian would not have that, but it saves half a minute.
  static let revisions = Task {
    let directory = Bundle.module.bundleURL.deletingLastPathComponent()
      .appending(path: "packages").path
    try? FileManager.default.removeItem(atPath: directory)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let settings = ["DPKG_DEB_COMPRESSOR_TYPE=none", "DEB_BUILD_OPTIONS=nostrip"]
    let build = try Child(
      ["env"] + settings + [ShippedFile.path("scripts/build-deb.sh"), Daemon.binary, directory])
    guard try await build.ended() == .exited(0),
      let first = build.output.split(separator: "\n").last.map(String.init)
    else { throw Child.Failure(description: "no package: \(build.output)\(build.errors)") }

    let second = first.replacing("-1_", with: "-2_")
    let edit = try Child(
      ["env"] + settings + [
        "sh", "-ec",
        """
        dpkg-deb --raw-extract "$1" "$2.d"
        sed -i '/^Version:/s/-1$/-2/' "$2.d/DEBIAN/control"
        dpkg-deb --root-owner-group --build "$2.d" "$2"
        rm -r "$2.d"
        """, "sh", first, second,
      ])
    guard try await edit.ended() == .exited(0) else {
      throw Child.Failure(description: "no second package: \(edit.output)\(edit.errors)")
    }
    return [first, second]
  }

  /// The package of the loader of the kernel's counters.
  static let counters = Task {
    let directory = Bundle.module.bundleURL.deletingLastPathComponent()
      .appending(path: "counters-package").path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let build = try Child([
      "env", "DPKG_DEB_COMPRESSOR_TYPE=none", "DEB_BUILD_OPTIONS=nostrip",
      ShippedFile.path("scripts/build-deb.sh"), KernelCounters.binary, directory,
    ])
    guard try await build.ended() == .exited(0),
      let package = build.output.split(separator: "\n").last.map(String.init)
    else { throw Child.Failure(description: "no package: \(build.output)\(build.errors)") }
    return package
  }
}

extension Machine {
  /// Installs the package, or upgrades to it, with what the service of a test needs beside it.
  func install(revision: Int = 1) async throws {
    let name = "/root/sockstated-\(revision).deb"
    if !exists(name) { try copy(try await DebianPackage.revisions.value[revision - 1], to: name) }
    if !exists("/usr/bin/sockstated") {
      // A debug build finds Swift's libraries in the toolchain. A service may not look into a home.
      try await run(
        "sh", "-c",
        """
        ldd '\(Daemon.binary)' | awk '$3 ~ "^/(home|root)/" { print $3 }' | xargs -r cp -t /usr/local/lib
        ldconfig
        """)
    }
    try await run("dpkg", "--force-unsafe-io", "--no-triggers", "--install", name)
  }
}
