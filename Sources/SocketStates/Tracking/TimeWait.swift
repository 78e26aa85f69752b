/// Facts of the TIME-WAIT state (`include/net/tcp.h`).
enum TimeWait {
  /// `TCP_TIMEWAIT_LEN`, ms.
  static let length: Int64 = 60_000
}

extension SocketRow {
  /// ms that a TIME-WAIT socket has been in its state: what its timer has run so far. nil if the
  /// kernel does not say.
  var timeWaitAge: Int64? {
    state == .timeWait && timer == .timeWait ? max(0, TimeWait.length - Int64(expires)) : nil
  }
}
