import CGlibc
internal import Glibc

/// Gives memory back to the kernel that this process holds and does not use.
package enum HeapTrim {
  /// Has each large array be a mapping of its own, which goes back to the kernel when the array ends (mallopt(3)).
  ///
  /// Left to itself the C library raises both limits with the largest array it has freed, to 32 and 64 MB: what
  /// a first poll of a million sockets needs for a moment then stays in the heap, between what lives on.
  package static func mapLargeArrays() {
    _ = mallopt(M_MMAP_THRESHOLD, 1 << 20)
    _ = mallopt(M_TRIM_THRESHOLD, 1 << 20)
  }

  /// The heap's free pages (malloc_trim(3)), after work that needed much for a short time: the C
  /// library keeps them otherwise.
  package static func trimHeap() { _ = malloc_trim(0) }

  /// Lets go of the pages of program code (madvise(2), `MADV_DONTNEED`): most are of the start and
  /// are not needed again. Those that are come back from the page cache when they are next run.
  /// - Throws: where /proc/self/maps cannot be read.
  package static func releaseCode() throws(SystemError) {
    var maps = SmallFile(capacity: 256 * 1024)
    try maps.read("/proc/self/maps") { bytes in
      var scanner = FieldScanner(bytes)
      while let line = scanner.line(bytes) {
        guard let range = codeRange(bytes, line) else { continue }
        unsafe _ = madvise(
          UnsafeMutableRawPointer(bitPattern: range.lowerBound), range.count, MADV_DONTNEED)
      }
    }
  }

  /// The addresses of a line `55d0c0a00000-55d0c1200000 r-xp 00200000 fe:00 4711 /usr/bin/x`, where
  /// it maps code of a file. Code is never written to, so that the file has all that is in memory.
  static func codeRange(_ bytes: Span<UInt8>, _ line: Range<Int>) -> Range<UInt>? {
    var fields = FieldScanner(line)
    guard let start = fields.number(bytes, end: "-", radix: 16),
      let end = fields.number(bytes, radix: 16), start < end
    else { return nil }
    guard let permissions = fields.field(bytes), bytes.holds("r-xp", in: permissions),
      fields.skipField(bytes), fields.skipField(bytes), fields.skipField(bytes),
      let path = fields.field(bytes), bytes[path.lowerBound] == UInt8(ascii: "/")
    else { return nil }
    return UInt(start)..<UInt(end)
  }
}
