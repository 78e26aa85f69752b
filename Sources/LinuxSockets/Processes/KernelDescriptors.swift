internal import Glibc
import SocketStates

/// What sockstated-bpf has the kernel tell of the descriptors of all processes, in place of the links of /proc/PID/fd.
///
/// One reading has all network namespaces, and asks for no capability but to open the file. A descriptor costs about a
/// tenth of what its link does, but those of the whole host are read.
package struct KernelDescriptors: Sendable {
  /// Why they are of no use.
  package enum Failure: Error {
    case unread(KernelCounterError)
    /// The procfs has other numbers or times for processes than the kernel tells this process.
    case otherProcesses(procfs: String)
  }

  /// What a reading has of the host.
  package struct Tables: Sendable {
    /// The descriptors of each process, and of each thread that has a table of its own.
    package fileprivate(set) var known: [Int32: KnownDescriptors] = [:]
    /// The process of each such thread.
    fileprivate(set) var processOfThread: [Int32: Int32] = [:]
    /// When each process had started.
    fileprivate var startTimes: [Int32: UInt64] = [:]
    /// TCP sockets without a connection: a part of them if there are very many.
    fileprivate(set) var closed: [UnlistedSearch.Suspect] = []
  }

  /// A link of /proc costs as much as that many descriptors.
  static let linkCost = 10

  /// Where sockstated-bpf has pinned its files; nil if they are not to be read.
  package let directory: String?
  /// Why the last reading failed; nil if it did not.
  package private(set) var failure: Failure?
  /// Whether the last reading succeeded.
  package private(set) var isOn = false
  /// Whether this poll has read them.
  private(set) var isFresh = false
  /// Processes whose links may not be read.
  var denied = Set<Int32>()
  /// When each process had started.
  private var startTimes: [Int32: UInt64] = [:]
  /// TCP sockets without a connection.
  private(set) var closed: [UnlistedSearch.Suspect] = []
  /// Between readings that only look at known holders again, and after one in vain.
  private(set) var pause = SearchPause(factor: 50)

  init(directory: String?) { self.directory = directory }

  /// Once a poll, before any reading: looks whether there is still something to read.
  mutating func beginPoll() {
    isFresh = false
    guard isOn, let directory else { return }
    do throws(SystemError) {
      _ = try Descriptor.open(KernelCounterFile.path(.descriptors, in: directory))
    } catch {
      fail(.unread(.system(error)))
    }
  }

  private mutating func fail(_ failure: Failure) {
    self = KernelDescriptors(directory: directory)
    self.failure = failure
  }

  /// Reads those of all processes.
  /// - Parameters:
  ///   - own: this process, as the procfs has it.
  ///   - search: the number of the search that is on.
  /// - Returns: nil if they are of no use.
  mutating func read(_ procfs: ProcFS, own: ProcessIdentity?, search: UInt32) -> Tables? {
    guard let directory else { return nil }
    let start = ContinuousClock.now
    defer { pause.begin(after: start) }
    do throws(Failure) {
      let tables = Self.tables(of: try Self.file(in: directory), search: search)
      guard let own, own.pid == getpid(), tables.startTimes[own.pid] == own.startTime,
        procfs.hasOwnPIDs
      else { throw .otherProcesses(procfs: procfs.root) }
      (startTimes, closed) = (tables.startTimes, tables.closed)
      denied.formIntersection(startTimes.keys)
      (isOn, isFresh, failure) = (true, true, nil)
      return tables
    } catch {
      fail(error)
      return nil
    }
  }

  private static func file(in directory: String) throws(Failure) -> KernelCounterFile {
    do throws(KernelCounterError) {
      return try .read(.descriptors, in: directory)
    } catch {
      throw .unread(error)
    }
  }

  /// What a file says.
  package static func tables(of file: KernelCounterFile, search: UInt32) -> Tables {
    var tables = Tables()
    var (table, number, descriptors) = (Int32(0), Int32(-1), KnownDescriptors(search: search))
    for descriptor in file.descriptors {
      guard let process = descriptor.process.identity, descriptor.table > 0 else { continue }
      if descriptor.table != table {
        if descriptors.count > 0 { tables.known[table] = descriptors }
        (table, number, descriptors) = (descriptor.table, -1, KnownDescriptors(search: search))
        tables.startTimes[process.pid] = process.startTime
        if table != process.pid { tables.processOfThread[table] = process.pid }
      }
      guard descriptor.number > number, descriptor.number < KnownDescriptor.numberLimit else {
        continue
      }
      number = descriptor.number
      if descriptor.state == .close, descriptor.netns != 0,
        tables.closed.count < UnlistedSearch.suspectLimit
      {
        tables.closed.append(
          .init(
            inode: descriptor.inode, pid: process.pid, number: number, netns: descriptor.netns))
      }
      descriptors.append(
        KnownDescriptor(number: descriptor.number, inode: descriptor.inode, wasRead: true))
    }
    if descriptors.count > 0 { tables.known[table] = descriptors }
    return tables
  }

  /// Whether the reading was of this process, and not of another that had its number.
  func hasRead(_ process: ProcessIdentity) -> Bool {
    startTimes[process.pid].map { $0 == process.startTime } ?? true
  }
}

extension KernelDescriptors.Failure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unread(let error): error.description
    case .otherProcesses(let procfs):
      "\(procfs) is of another PID or time namespace than this process, or the kernel shows only the numbers of the initial one (before Linux 6.5)"
    }
  }

  /// Whether there is nothing to read, and no more to say.
  package var isAbsence: Bool {
    guard case .unread(let error) = self else { return false }
    return error.isAbsence
  }
}
