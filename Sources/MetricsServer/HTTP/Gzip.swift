internal import CZlib

/// Compression for `Content-Encoding: gzip` (RFC 1952).
package enum Gzip {
  /// windowBits of deflateInit2: the largest window, and 16 for a gzip header (zlib.h).
  private static let windowBits = MAX_WBITS + 16
  /// zlib's default (zlib.h).
  private static let memoryLevel: Int32 = 8

  /// The bytes as one gzip member; nil if there is no memory for it.
  package static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    guard let length = UInt32(exactly: bytes.count) else { return nil }
    var stream = unsafe z_stream()
    // The text of metrics repeats itself so much that more effort gains little.
    let started = unsafe deflateInit2_(
      &stream, Z_BEST_SPEED, Z_DEFLATED, windowBits, memoryLevel, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else { return nil }
    defer { unsafe _ = deflateEnd(&stream) }
    let bound = unsafe Int(deflateBound(&stream, UInt(length)))
    guard let room = UInt32(exactly: bound) else { return nil }
    return unsafe bytes.withUnsafeBufferPointer { input in
      unsafe [UInt8](unsafeUninitializedCapacity: bound) { output, count in
        // zlib reads only; its type is older than const.
        unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.avail_in = length
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = room
        // Within deflateBound, one call is enough (zlib.h).
        unsafe _ = deflate(&stream, Z_FINISH)
        unsafe count = Int(stream.total_out)
      }
    }
  }
}
