/// The flags of a command that the reader has typed, so that printed commands use them again.
package struct InvocationFlags: Sendable, Equatable {
  /// The flags, such as `--connect` and its address.
  package let flags: [String]

  package init(_ flags: [String] = []) { self.flags = flags }

  /// `sockstated explain :8080 --connect unix:/run/s.sock`, quoted for a shell.
  func command(_ words: String...) -> String {
    (["sockstated"] + words + flags).map(Self.quoted).joined(separator: " ")
  }

  /// A word as a POSIX shell takes it literally (Shell Command Language, 2.2.2).
  static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
      default: "%+,-./:=@_".utf8.contains(byte)
      }
    }
    return isPlain && !word.isEmpty
      ? word
      : "'"
        + word.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
