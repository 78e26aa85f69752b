/// The process that holds a socket, as it is shown.
package struct Owner: Hashable, Sendable {
  /// The pid is 0 if only the unit is known, or that it is one of several processes of a name.
  package var identity: ProcessIdentity
  /// The value of the label `process`: after the naming rules and the rules of the configuration.
  package var name: String
  /// The value of the label `unit`: systemd unit or container; empty if there is none.
  package var unit: String
  /// The pid of the process that started it; 0 if that is not known.
  package var parent: Int32

  package init(identity: ProcessIdentity, name: String, unit: String, parent: Int32 = 0) {
    self.identity = identity
    self.name = name
    self.unit = unit
    self.parent = parent
  }

  /// The name of an owner that cannot be found.
  package static let unknownName = "unknown"

  /// No known process, in no unit.
  package static let unknown = Owner(
    identity: ProcessIdentity(pid: 0, startTime: 0), name: unknownName, unit: "")

  package var pid: Int32 { identity.pid }

  /// Whether neither a process is known nor its name.
  package var isUnknown: Bool { pid == 0 && name == Self.unknownName }

  /// What is known of the owner of something that one of these has, nobody knows which: without the pid if they are
  /// several processes, and without a name if these are called otherwise or are in other units.
  static func common(_ owners: some Sequence<Owner>) -> Owner? {
    owners.reduce(nil) { (common: Owner?, other) in
      guard var common, common.identity != other.identity || common.pid == 0 else { return other }
      common.identity = Owner.unknown.identity
      common.parent = 0
      if common.name != other.name || common.unit != other.unit { common.name = unknownName }
      if common.unit != other.unit { common.unit = "" }
      return common
    }
  }
}
