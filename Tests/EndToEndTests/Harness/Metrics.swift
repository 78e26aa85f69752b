/// The samples of one scrape.
struct Metrics {
  let samples: [Sample]

  /// The value of a metric that has one series.
  func value(_ name: String) -> Double? {
    let found = samples.filter { $0.name == name }
    return found.count == 1 ? found[0].value : nil
  }

  /// The samples of `sockstate_`*name* that have these labels.
  func samples(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
    samples.filter { sample in
      sample.name == "sockstate_" + name && labels.allSatisfy { sample.label($0.key) == $0.value }
    }
  }

  /// The sum of the samples of `sockstate_`*name* that have these labels; 0 where there are none.
  func sum(_ name: String, _ labels: [String: String] = [:]) -> Double {
    samples(name, labels).reduce(0) { $0 + $1.value }
  }

  var lastPoll: Double { value("sockstate_last_poll_timestamp_seconds") ?? 0 }

  /// `sockstate_sockets` by group, without those at zero, summed over units.
  var groups: [SocketGroup: Int] {
    Dictionary(
      samples("sockets").filter { $0.value != 0 }.map {
        let group = SocketGroup(
          process: $0.label("process"), direction: $0.label("direction"), port: $0.label("port"),
          state: $0.label("state"))
        return (group, Int($0.value))
      }, uniquingKeysWith: +)
  }

  /// `sockstate_sockets` summed by state, without those at zero.
  var counts: [String: Int] {
    Dictionary(groups.map { ($0.key.state, $0.value) }, uniquingKeysWith: +)
  }

  /// The counters, and the parts of histograms that only grow.
  var counters: [Sample.Series: Double] {
    let growing = samples.filter { sample in
      ["_total", "_bucket", "_count", "_sum"].contains { sample.name.hasSuffix($0) }
    }
    return Dictionary(uniqueKeysWithValues: growing.map { ($0.series, $0.value) })
  }

  /// The counters that went down since an earlier scrape, or are there no more.
  /// - Parameter mayGo: whether one may be there no more.
  func fallen(
    since before: Metrics, mayGo: (Sample.Series) -> Bool = { _ in false }
  ) -> [String] {
    let now = counters
    return before.counters.compactMap { series, value in
      guard let new = now[series] else {
        return mayGo(series) ? nil : "\(series.name)\(series.labels) \(value) is gone"
      }
      return new < value ? "\(series.name)\(series.labels) \(value) fell to \(new)" : nil
    }
  }

  /// The groups that have sockets.
  var livingGroups: Set<[String]> {
    Set(samples("sockets").filter { $0.value > 0 }.map(\.series.group))
  }
}

extension Sample.Series {
  /// The labels that tell a group from others.
  var group: [String] {
    ["process", "unit", "direction", "port"].map { labels[$0] ?? "" }
  }
}
