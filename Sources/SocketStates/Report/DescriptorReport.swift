/// Descriptors of processes of one name and unit: those of the fullest of them.
package struct DescriptorReport: Sendable {
  package var process: String
  package var unit: String
  package var open: Int
  /// The soft limit (`Max open files` of /proc/PID/limits).
  package var limit: UInt64

  package init(process: String, unit: String, open: Int, limit: UInt64) {
    self.process = process
    self.unit = unit
    self.open = open
    self.limit = limit
  }

  /// The part of the limit that is used.
  package var share: Double { Double(open) / Double(max(limit, 1)) }
}
