/// A key that `watch` knows.
enum Key: Equatable {
  case quit, sort, sortBack, pause, refresh, help
  case up, down, pageUp, pageDown, top

  /// The keys in what a terminal sent; what is none is passed over. Cursor keys come as CSI or SS3
  /// sequences (ECMA-48; xterm's control sequences).
  static func keys(in bytes: some Sequence<UInt8>) -> [Key] {
    var keys: [Key] = []
    var rest = Array(bytes)[...]
    while let byte = rest.popFirst() {
      if byte == 0x1b, let kind = rest.first, kind == UInt8(ascii: "[") || kind == UInt8(ascii: "O")
      {
        rest.removeFirst()
        let parameters = rest.prefix { 0x20...0x3f ~= $0 }
        rest = rest.dropFirst(parameters.count)
        if let key = sequence(parameters, rest.popFirst()) { keys.append(key) }
      } else if let key = single(byte) {
        keys.append(key)
      }
    }
    return keys
  }

  private static func single(_ byte: UInt8) -> Key? {
    switch byte {
    case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04: .quit
    case UInt8(ascii: "s"): .sort
    case UInt8(ascii: "S"): .sortBack
    case UInt8(ascii: " "): .pause
    case UInt8(ascii: "r"): .refresh
    case UInt8(ascii: "?"), UInt8(ascii: "h"): .help
    case UInt8(ascii: "k"): .up
    case UInt8(ascii: "j"): .down
    case UInt8(ascii: "g"): .top
    default: nil
    }
  }

  private static func sequence(_ parameters: ArraySlice<UInt8>, _ final: UInt8?) -> Key? {
    switch final {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "H"): .top
    case UInt8(ascii: "~"):
      switch String(decoding: parameters, as: UTF8.self) {
      case "5": .pageUp
      case "6": .pageDown
      case "1", "7": .top
      default: nil
      }
    default: nil
    }
  }
}
