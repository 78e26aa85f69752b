/// The path of a process in a hierarchy, from /proc/PID/cgroup (cgroups(7)): `0::/system.slice/nginx.service`,
/// `7:freezer:/docker/0123`.
package enum CgroupPath {
  /// - Parameter controller: one of the hierarchy's controllers; empty for the unified hierarchy.
  /// - Returns: nil if the process is in none, or its path leaves the hierarchy that this process sees.
  package static func path(in controller: StaticString, cgroupFile bytes: Span<UInt8>) -> String? {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      guard let first = line.first(where: { bytes[$0] == UInt8(ascii: ":") }),
        let second = (first + 1..<line.upperBound).first(where: { bytes[$0] == UInt8(ascii: ":") }),
        bytes.lists(controller, in: first + 1..<second)
      else { continue }
      let path = String(lossy: bytes, in: second + 1..<line.upperBound)
      let isInside = path.hasPrefix("/") && !path.split(separator: "/").contains("..")
      return isInside ? path : nil
    }
    return nil
  }
}

extension Span<UInt8> {
  /// Whether one of the words of a list, which commas part, is the text.
  func lists(_ text: StaticString, in range: Range<Int>) -> Bool {
    var start = range.lowerBound
    for index in range.lowerBound...range.upperBound
    where index == range.upperBound || self[index] == UInt8(ascii: ",") {
      if holds(text, in: start..<index) { return true }
      start = index + 1
    }
    return false
  }
}
