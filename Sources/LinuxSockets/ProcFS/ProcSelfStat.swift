internal import Glibc
package import SocketStates

/// Reads what the `process_*` metrics say of this process.
package struct ProcessStatisticsReader: Sendable {
  private let procfs: ProcFS
  private var file = SmallFile(capacity: 1 << 14)
  private let bootTime: Double?

  package init(procfs: ProcFS) {
    self.procfs = procfs
    // `btime` follows the interrupt counters, whose line is long on large machines.
    var stat = SmallFile(capacity: 1 << 20)
    bootTime = (try? stat.read(procfs.path("stat"), parse: ProcStat.bootTime)) ?? nil
  }

  /// The values as they are now.
  ///
  /// Throws if /proc/self/stat or /proc/self/fd cannot be read, or with EBADMSG if the former is
  /// not what proc_pid_stat(5) says.
  package mutating func read() throws(SystemError) -> ProcessStatistics {
    let path = procfs.path("self/stat")
    guard let stat = try file.read(path, parse: { ProcessStat($0) }) else {
      throw SystemError(operation: "read \(path)", errno: EBADMSG)
    }
    let descriptors = try DirectoryStream(procfs.path("self/fd"))
    // Less one: the listing's own descriptor.
    var openFDs = -1
    while descriptors.nextNumber() != nil { openFDs += 1 }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let pageSize = UInt64(sysconf(Int32(_SC_PAGESIZE)))
    return ProcessStatistics(
      cpuSeconds: Double(stat.cpuTicks) / ticks,
      openFDs: max(openFDs, 0),
      maxFDs: Self.softLimit(RLIMIT_NOFILE) ?? .max,
      virtualMemoryBytes: stat.virtualMemory,
      virtualMemoryMaxBytes: Self.softLimit(RLIMIT_AS),
      residentMemoryBytes: stat.residentPages &* pageSize,
      startTime: (bootTime ?? 0) + Double(stat.startTime) / ticks)
  }

  /// The soft limit (getrlimit(2)); nil is unlimited.
  private static func softLimit(_ resource: __rlimit_resource) -> UInt64? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
    return limit.rlim_cur == rlim_t.max ? nil : UInt64(limit.rlim_cur)
  }
}
