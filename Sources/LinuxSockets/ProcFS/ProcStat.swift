/// /proc/stat (proc_stat(5)).
package enum ProcStat {
  /// When the host was started, Unix time in seconds: the line `btime 1700000000`; nil without it.
  package static func bootTime(_ bytes: Span<UInt8>) -> Double? {
    var lines = FieldScanner(bytes)
    while let line = lines.line(bytes) {
      var fields = FieldScanner(line)
      guard let name = fields.field(bytes), bytes.holds("btime", in: name) else { continue }
      return fields.unsigned(bytes).map { Double($0) }
    }
    return nil
  }
}
