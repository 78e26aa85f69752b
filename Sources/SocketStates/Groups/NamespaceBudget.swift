/// Shares the budget of groups out to network namespaces: who needs less than an equal share leaves
/// the rest to the others, so that one namespace cannot push out the groups of another.
package enum NamespaceBudget {
  /// Groups that a namespace may always open before the shares are reckoned anew.
  private static let headroom = 16

  /// - Parameters:
  ///   - budget: groups that there may be in all.
  ///   - counts: groups that each namespace has.
  /// - Returns: how many each may have, at least one.
  package static func shares(of budget: Int, counts: [Int]) -> [Int] {
    var shares = counts
    var left = budget
    var remaining = counts.count
    // From the most modest to the greediest: each gets what it wants, or an equal part of the rest.
    for index in counts.indices.sorted(by: { counts[$0] < counts[$1] }) {
      let wanted = counts[index] * 2 + headroom
      shares[index] = max(1, min(wanted, left / remaining))
      left = max(0, left - shares[index])
      remaining -= 1
    }
    return shares
  }
}
