/// Texts one behind the other, from which whole chunks can be copied: behind the last there is room for one.
struct ChunkedTexts: Sendable {
  /// Bytes that are copied at a time.
  static let chunk = 16

  private(set) var bytes: [UInt8] = []
  private var bounds = [0]

  /// Replaces all texts by as many as `count`, each written by `write` behind the ones before it.
  mutating func replace(count: Int, _ write: (Int, inout [UInt8]) -> Void) {
    bytes.removeAll(keepingCapacity: true)
    bounds.removeAll(keepingCapacity: true)
    bounds.append(0)
    for index in 0..<count {
      write(index, &bytes)
      bounds.append(bytes.count)
    }
    bytes.append(contentsOf: repeatElement(0, count: Self.chunk))
  }

  /// Where in ``bytes`` this text is.
  subscript(index: Int) -> Range<Int> { bounds[index]..<bounds[index + 1] }

  /// How long these texts are together.
  func length(of indices: Range<Int>) -> Int {
    bounds[indices.upperBound] - bounds[indices.lowerBound]
  }
}

extension OutputSpan<UInt8> {
  /// Appends a text of a table, for which there must be room, and for a chunk more.
  ///
  /// Most texts of a sample have some tens of bytes, for which a call of memcpy(3) costs more than the copy.
  /// Whole chunks need no care of an end: what is copied too much is written over, or never counted.
  @inline(__always)
  mutating func append(_ text: Range<Int>, of bytes: Span<UInt8>) {
    let chunk = ChunkedTexts.chunk
    precondition(text.lowerBound >= 0 && text.upperBound <= bytes.count &- chunk)
    precondition(text.count &+ chunk <= freeCapacity)
    unsafe withUnsafeMutableBufferPointer { room, used in
      unsafe bytes.withUnsafeBytes { source in
        let target = UnsafeMutableRawBufferPointer(room)
        var offset = 0
        while offset < text.count {
          unsafe target.storeBytes(
            of: source.loadUnaligned(
              fromByteOffset: text.lowerBound &+ offset, as: SIMD16<UInt8>.self),
            toByteOffset: used &+ offset, as: SIMD16<UInt8>.self)
          offset &+= chunk
        }
      }
      used &+= text.count
    }
  }
}
