import Glibc

/// CLOCK_MONOTONIC: the clock of ages and deadlines, which no one sets.
package enum MonotonicClock {
  /// ms since some fixed moment.
  package static var now: Int64 { nanoseconds(CLOCK_MONOTONIC) / 1_000_000 }

  /// CPU time of the calling thread, ns.
  package static var threadCPU: Int64 { nanoseconds(CLOCK_THREAD_CPUTIME_ID) }

  fileprivate static func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe _ = clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// CLOCK_REALTIME, for people only.
package enum WallClock {
  /// Unix time, seconds.
  package static var now: Double { Double(MonotonicClock.nanoseconds(CLOCK_REALTIME)) / 1e9 }
}
