import Configuration

extension Duration {
  /// The ms of a flag's value, as Prometheus writes durations; at most a day.
  static func flag(_ text: String, _ flag: String, atLeast least: Int64) throws(Failure) -> Int64 {
    guard let duration = try? PrometheusDuration(text),
      least...86_400_000 ~= duration.milliseconds
    else {
      throw Failure(
        message: "\(flag) \(text): not a duration; allowed: \(least)ms to 1d, such as 2s",
        status: Failure.usage)
    }
    return duration.milliseconds
  }
}
