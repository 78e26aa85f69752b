/// /proc/PID/mountinfo (proc_pid_mountinfo(5)).
package enum MountInfo {
  /// Where the first filesystem of a type is mounted: `29 22 0:26 / /sys/fs/cgroup rw shared:4 -
  /// cgroup2 cgroup2 rw`; nil if none is.
  /// - Parameter option: one of the file system's options, such as a controller; nil for any.
  package static func mountPoint(
    of filesystem: StaticString, option: StaticString? = nil, _ bytes: Span<UInt8>
  ) -> String? {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      var fields = FieldScanner(line)
      for _ in 1...4 where !fields.skipField(bytes) { break }
      guard let path = fields.field(bytes) else { continue }
      while let field = fields.field(bytes) {
        guard bytes.holds("-", in: field) else { continue }
        guard let type = fields.field(bytes), bytes.holds(filesystem, in: type) else { break }
        guard let option else { return unescaped(bytes, path) }
        if fields.skipField(bytes), let options = fields.field(bytes),
          bytes.lists(option, in: options)
        {
          return unescaped(bytes, path)
        }
        break
      }
    }
    return nil
  }

  /// Spaces and the like are written `\040`.
  private static func unescaped(_ bytes: Span<UInt8>, _ range: Range<Int>) -> String {
    var plain: [UInt8] = []
    var index = range.lowerBound
    while index < range.upperBound {
      if bytes[index] == UInt8(ascii: "\\"), range.upperBound - index > 3,
        let byte = octal(bytes, index + 1)
      {
        plain.append(byte)
        index += 4
      } else {
        plain.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  private static func octal(_ bytes: Span<UInt8>, _ start: Int) -> UInt8? {
    var value = 0
    for index in start..<start + 3 {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 8 else { return nil }
      value = value * 8 + Int(digit)
    }
    return UInt8(exactly: value)
  }
}
