/// The user's rules that give processes their names (`processes` in the configuration).
package struct NameRules: Sendable, Equatable {
  /// In the order of the file: the first that matches wins.
  package let rules: [NameRule]

  /// Rules in the order in which they are tried.
  package init(_ rules: [NameRule] = []) {
    self.rules = rules
  }

  /// The name that the rules give to a process; nil if none matches.
  ///
  /// - Parameters:
  ///   - exe: the target of `/proc/PID/exe`
  ///   - comm: `/proc/PID/comm` without the newline
  ///   - cmdline: the arguments of `/proc/PID/cmdline`, joined by spaces
  ///   - unit: the systemd unit or container
  ///
  /// Nil stands for what is not known; no pattern matches it.
  package func name(exe: String?, comm: String?, cmdline: String?, unit: String?) -> String? {
    for rule in rules {
      if let name = rule.name(exe: exe, comm: comm, cmdline: cmdline, unit: unit) { return name }
    }
    return nil
  }
}

/// One rule: patterns that must all match, and the name to give then.
package struct NameRule: Sendable, Equatable {
  /// What a pattern is matched against, in the order that decides whose groups the name may use.
  enum Attribute: String, CaseIterable {
    case exe, comm, cmdline, unit
  }

  private let patterns: [(attribute: Attribute, expression: RegularExpression)]
  private let template: NameTemplate

  init(
    patterns: [Attribute: RegularExpression], template: NameTemplate
  ) throws(NameTemplate.Invalid) {
    self.patterns = Attribute.allCases.compactMap { attribute in
      patterns[attribute].map { (attribute, $0) }
    }
    self.template = template
    let groups = self.patterns.last { $0.expression.groupCount > 0 }
    let count = groups?.expression.groupCount ?? 0
    guard template.highestGroup <= count else {
      let owner = groups.map { "\($0.attribute) has \(count)" } ?? "no pattern has groups"
      throw NameTemplate.Invalid(problem: "uses group $\(template.highestGroup), but \(owner)")
    }
  }

  /// The name, or nil if a pattern does not match or the name would be empty.
  func name(exe: String?, comm: String?, cmdline: String?, unit: String?) -> String? {
    var groups: [String] = []
    for (attribute, expression) in patterns {
      let subject =
        switch attribute {
        case .exe: exe
        case .comm: comm
        case .cmdline: cmdline
        case .unit: unit
        }
      guard let subject, let match = expression.match(subject) else { return nil }
      if expression.groupCount > 0 { groups = match }
    }
    let name = template.expand(groups)
    return name.isEmpty ? nil : name
  }

  /// Whether both were written alike.
  package static func == (left: Self, right: Self) -> Bool {
    left.template == right.template
      && left.patterns.elementsEqual(right.patterns) {
        $0.attribute == $1.attribute && $0.expression.pattern == $1.expression.pattern
      }
  }
}
