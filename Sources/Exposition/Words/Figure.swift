internal import SocketStates

/// A number of a finding with its name, as a card shows it: `oldest`, `12m04s`.
struct Figure: Equatable {
  var label: String
  var value: String
}

extension Finding {
  /// The numbers in the evidence, in its order.
  /// - Parameter group: the group that the finding is about.
  func figures(in group: GroupReport?) -> [Figure] {
    evidence.compactMap { $0.figure(of: kind, in: group) }
  }
}

extension Evidence {
  /// nil for what is no single number: a socket, a destination, a listener.
  fileprivate func figure(of kind: Finding.Kind, in group: GroupReport?) -> Figure? {
    switch self {
    case .sockets(let state, let count):
      switch kind {
      case .closeWait:
        let all = max(UInt64(group?.gauges.sockets[.closeWait] ?? 0), count)
        return Figure("stuck, of all in CLOSE-WAIT", count, of: all)
      case .halfClosed: return Figure("in CLOSE-WAIT, half closed", Format.number(count))
      default: return Figure(state.title, Format.number(count))
      }
    case .oldest(let age, let isAtLeast):
      return Figure(isAtLeast ? "oldest, at least" : "oldest", Format.duration(age))
    case .receiveQueue(let bytes): return Figure("unread", Format.bytes(bytes))
    case .sendQueue(let bytes): return Figure("unsent or unacknowledged", Format.bytes(bytes))
    case .stalled(_, let count, let all):
      return Figure("connections without progress", count, of: all)
    case .acceptQueue(let length, let limit): return Figure("accept queue", length, of: limit)
    case .retransmitted(let again, let sent, _, _, _):
      return Figure("segments retransmitted", Format.percent(again, of: sent))
    case .connectFailures(let failure, let count, _):
      return Figure("connection attempts \(failure.label)", Format.number(count))
    case .attemptsOver(let failed, let all, _):
      return Figure("failed, of the attempts that are over", failed, of: all)
    case .sendLimited(let limit, let share, _):
      return Figure("limited by \(limit.words)", Format.percent(share))
    case .ephemeralPorts(let ports):
      return Figure("local ports in use", ports.used, of: ports.limit)
    case .ownerless(let count, _):
      return Figure("sockets of processes not seen", Format.number(count))
    case .descriptors(let open, let limit):
      return Figure("file descriptors open", open, of: limit)
    case .peersWaiting(let count): return Figure("peers that wait", Format.number(count))
    case .waitsItself(let count):
      return Figure("peers that it waits for", Format.number(count))
    case .listenDrops(let drops, _):
      return Figure("connections dropped", Format.number(drops))
    case .handshakes(let count, let limit): return Figure("unfinished handshakes", count, of: limit)
    case .deferredHandshakes(let count, let limit):
      return Figure("waiting for first data", count, of: limit)
    case .synCookies(let count, _):
      return Figure("SYN cookies sent by this host", Format.number(count))
    case .cutOff(let cutOff, _):
      return Figure("connections cut off", cutOff.count, of: cutOff.ended)
    case .likelyClient(let process): return Figure("likely process", process)
    case .idleCluster(let cluster): return Figure("silence before the end", cluster.time)
    case .hostAborts(let reason, let count, _):
      return Figure("aborted by this host (\(reason.rawValue))", Format.number(count))
    case .condition(let condition, _, let pid): return Figure("pid \(pid)", condition.title)
    case .destination, .fullListener, .socket, .peers: return nil
    }
  }
}

extension Figure {
  fileprivate init(_ label: String, _ value: String) {
    self.init(label: label, value: value)
  }

  fileprivate init(_ label: String, _ part: some BinaryInteger, of all: some BinaryInteger) {
    self.init(label, "\(Format.number(part)) of \(Format.number(all))")
  }
}
