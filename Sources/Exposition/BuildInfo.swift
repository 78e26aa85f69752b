/// What `sockstate_build_info` says of the running binary.
package struct BuildInfo: Sendable {
  /// The release, `1.2.3`.
  package var version: String
  /// The commit that it was built from; empty where that is not known.
  package var revision: String
  /// The compiler's version, `6.2`.
  package var swiftVersion: String

  package init(version: String, revision: String, swiftVersion: String) {
    self.version = version
    self.revision = revision
    self.swiftVersion = swiftVersion
  }
}
