/// Which source the user wants.
package enum SourceChoice: String, Sendable, CaseIterable {
  /// sock_diag, and procfs if that fails.
  case auto
  case sockDiag = "sock_diag"
  case procfs
}
