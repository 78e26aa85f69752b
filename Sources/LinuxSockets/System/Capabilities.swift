internal import CGlibc

/// The capabilities of this process (capabilities(7)).
package enum Capabilities {
  /// Makes effective what is permitted: what the program's file permits without demanding it (`setcap …=p`), so that it
  /// also starts where a container may not have it.
  ///
  /// Nothing is called that changes anything if all is effective already: a service's system call filter may forbid
  /// it. What is missing afterwards shows where it is needed.
  package static func raisePermitted() { raise_permitted_capabilities() }
}
