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
    let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let start = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return 0 }
      return unsafe readlinkat(directory, path, start, bytes.count)
    }
    guard count >= 0 else { throw .last("readlink \(path)") }
    return parse(buffer.span.extracting(0..<count))
  }
}
