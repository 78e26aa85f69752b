import SocketStates

/// `struct tcp_info` (`include/uapi/linux/tcp.h`).
extension TCPInfo {
  /// The length since Linux 5.4, up to `tcpi_snd_wnd`: all fields that are used are in it.
  private static let fullLength = 232

  /// Reads the structure, to the length that the running kernel delivers: fields were only ever
  /// added at its end.
  @inline(__always)
  mutating func decode(_ bytes: RawSpan, _ range: Range<Int>) {
    let base = range.lowerBound
    if range.count >= Self.fullLength {
      hasBytesSent = true
      unansweredRetries = max(bytes.load(at: base + 2), bytes.load(at: base + 3))
      backoff = bytes.load(at: base + 4)
      sendMSS = bytes.load(at: base + 16)
      lastDataSent = bytes.load(at: base + 44)
      lastDataReceived = bytes.load(at: base + 52)
      lastAckReceived = bytes.load(at: base + 56)
      rtt = bytes.load(at: base + 68)
      totalRetransmits = bytes.load(at: base + 100)
      bytesAcked = bytes.load(at: base + 120)
      bytesReceived = bytes.load(at: base + 128)
      segmentsOut = bytes.load(at: base + 136)
      segmentsIn = bytes.load(at: base + 140)
      dataSegmentsOut = bytes.load(at: base + 156)
      busyTime = bytes.load(at: base + 168)
      receiveWindowLimited = bytes.load(at: base + 176)
      sendBufferLimited = bytes.load(at: base + 184)
      bytesSent = bytes.load(at: base + 200)
      bytesRetransmitted = bytes.load(at: base + 208)
      dsackDuplicates = bytes.load(at: base + 216)
      reorderings = bytes.load(at: base + 220)
      sendWindow = bytes.load(at: base + 228)
      retransmissionTimeout = range.count >= 248 ? bytes.load(at: base + 244) : 0
    } else {
      decodeShort(bytes, range)
    }
  }

  /// The same for the shorter structure of an older kernel, field by field.
  private mutating func decodeShort(_ bytes: RawSpan, _ range: Range<Int>) {
    func field<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> T {
      offset + MemoryLayout<T>.size <= range.count ? bytes.load(at: range.lowerBound + offset) : 0
    }
    self = TCPInfo()
    unansweredRetries = max(field(2), field(3))
    lastDataSent = field(44)
    lastDataReceived = field(52)
    lastAckReceived = field(56)
    rtt = field(68)
    totalRetransmits = field(100)
    bytesAcked = field(120)
    bytesReceived = field(128)
    segmentsOut = field(136)
    segmentsIn = field(140)
    dataSegmentsOut = field(156)
    busyTime = field(168)
    receiveWindowLimited = field(176)
    sendBufferLimited = field(184)
    bytesSent = field(200)
    bytesRetransmitted = field(208)
    dsackDuplicates = field(216)
    reorderings = field(220)
    hasBytesSent = range.count >= 208
    if !hasBytesSent { bytesSent = bytesAcked }
  }
}
