import Testing

@testable import LinuxSockets

@Suite struct ReturnedMemoryTests {
  private func range(_ line: String) -> Range<UInt>? {
    let bytes = Array(line.utf8)
    return HeapTrim.codeRange(bytes.span, bytes.indices)
  }

  @Test func `code of files is let go`() {
    #expect(
      range("55d0c0a00000-55d0c1200000 r-xp 00200000 fe:00 4711        /usr/bin/sockstated")
        == 0x55d0_c0a0_0000..<0x55d0_c120_0000)
    #expect(
      range("7f00-7f10 r-xp 00000000 00:1f 9 /a path with spaces (deleted)") == 0x7f00..<0x7f10)
  }

  @Test(
    arguments: [
      "55d0c0a00000-55d0c1200000 r--p 00200000 fe:00 4711 /usr/bin/sockstated",
      "55d0c0a00000-55d0c1200000 rwxp 00200000 fe:00 4711 /usr/bin/sockstated",
      "7ffd4b5f2000-7ffd4b5f4000 r-xp 00000000 00:00 0 [vdso]",
      "7ffd4b5f2000-7ffd4b5f4000 r-xp 00000000 00:00 0", "2000-1000 r-xp 0 0 0 /a",
      "1000 r-xp 0 0 0 /a", "-", "", "x-y r-xp 0 0 0 /a",
    ])
  func `anything else is not touched`(_ line: String) {
    #expect(range(line) == nil)
  }

  @Test func `this program runs on`() throws {
    HeapTrim.mapLargeArrays()
    try HeapTrim.releaseCode()
    HeapTrim.trimHeap()
  }
}
