import Testing

/// The real binary and real programs, in namespaces of the test's own.
///
/// One after another: each test runs several programs, and the counts of `ss` are compared at rest.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct EndToEnd {}
