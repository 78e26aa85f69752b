import Testing

/// The real binary and real programs, in namespaces of the test's own.
///
/// One after another: each test runs several programs, and the counts of `ss` are compared at rest.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct EndToEnd {}

/// The same under one fault after another, which each must leave no trace.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct Faults {}

/// The same beside local users who mean harm.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct HostileUsers {}

/// The same under loads that take their time: beside the others, one after another.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct EndToEndUnderLoad {}

/// Incidents, beside the others: each takes as long as its fault needs to be one.
@Suite(
  .serialized,
  .enabled(if: Namespace.isPossible, "no network namespace can be made here (unshare, ip)"))
struct Incidents {}
