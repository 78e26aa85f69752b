internal import Glibc

/// Reads where symbolic links point to (readlink(2)), into one buffer for all.
struct SymbolicLink: Sendable {
  private var buffer: [UInt8]

  init(longest: Int) { buffer = [UInt8](repeating: 0, count: longest) }

  /// Hands the target's bytes to `parse`; what does not fit the buffer is cut off.
  ///
  /// - Parameter directory: what the path is relative to.
  mutating func read<Value>(
    _ path: String, at directory: Int32 = AT_FDCWD, parse: (Span<UInt8>) -> Value
  ) throws(SystemError) -> Value {
    let count = unsafe path.withCString { unsafe read($0, at: directory) }
    guard count >= 0 else { throw .last("readlink \(path)") }
    return parse(buffer.span.extracting(0..<count))
  }

  /// The same for a link whose name is a number, not negative; makes no string of it.
  mutating func read<Value>(
    _ number: Int32, at directory: Int32, parse: (Span<UInt8>) -> Value
  ) throws(SystemError) -> Value {
    var name = InlineArray<12, CChar>(repeating: 0)
    var start = name.count - 1
    var rest = number
    repeat {
      start -= 1
      name[start] = CChar(truncatingIfNeeded: 48 + rest % 10)
      rest /= 10
    } while rest > 0 && start > 0
    let count = unsafe name.span.extracting(start..<name.count).withUnsafeBufferPointer { name in
      unsafe name.baseAddress.map { unsafe read($0, at: directory) } ?? -1
    }
    guard count >= 0 else { throw .last("readlink") }
    return parse(buffer.span.extracting(0..<count))
  }

  private mutating func read(_ path: UnsafePointer<CChar>, at directory: Int32) -> Int {
    unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
      return unsafe readlinkat(directory, path, start, bytes.count)
    }
  }
}
