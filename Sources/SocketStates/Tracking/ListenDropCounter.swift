/// Tells how many connections each listener has dropped.
///
/// `sk_drops` of a listener counts every segment that the kernel throws away for it (`tcp_v4_rcv` in
/// `net/ipv4/tcp_ipv4.c`): also the reset by which a health check ends a handshake, which is no drop. So it counts
/// only as far as `ListenDrops`, which has dropped connections alone, has grown for the whole namespace.
struct ListenDropCounter {
  /// `sk_drops` by cookie, as of the poll before.
  private var counted: [UInt64: UInt32] = [:]
  /// Of the poll before, what `ListenDrops`, which is read before the listeners, may still confirm.
  private var unconfirmed: [UInt64: UInt32] = [:]
  /// `ListenDrops` of the poll before.
  private var confirmed: UInt64?
  private var isFirst = true

  /// Counts a poll.
  /// - Parameters:
  ///   - drops: `sk_drops` of each listener, by cookie; empty if that is not known, and then the next poll counts.
  ///   - listenDrops: the namespace's `ListenDrops`; nil if it is not known, and then all counts.
  /// - Returns: by cookie, the connections dropped since the poll before. Of listeners that were there before the
  ///   first poll, none.
  mutating func count(_ drops: [UInt64: UInt32], listenDrops: UInt64?) -> [(UInt64, UInt32)] {
    guard !drops.isEmpty else { return [] }
    var allowance = UInt64.max
    if let listenDrops, let confirmed { allowance = listenDrops &- min(confirmed, listenDrops) }
    var new: [(cookie: UInt64, drops: UInt32)] = []
    for (cookie, drops) in drops {
      let more = drops &- (counted[cookie] ?? (isFirst ? drops : 0))
      if more > 0 || unconfirmed[cookie] != nil { new.append((cookie, more)) }
    }
    // Those with most first: what else is thrown away comes singly.
    new.sort { ($0.drops, $1.cookie) > ($1.drops, $0.cookie) }
    var waiting: [UInt64: UInt32] = [:]
    var result: [(UInt64, UInt32)] = []
    for (cookie, more) in new {
      let before = unconfirmed[cookie] ?? 0
      let count = UInt32(clamping: min(UInt64(before) + UInt64(more), allowance))
      allowance -= UInt64(count)
      let rest = min(more, before &+ more &- count)
      if rest > 0 { waiting[cookie] = rest }
      if count > 0 { result.append((cookie, count)) }
    }
    counted = drops
    unconfirmed = waiting
    confirmed = listenDrops
    isFirst = false
    return result
  }
}
