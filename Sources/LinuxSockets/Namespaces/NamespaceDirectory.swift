internal import CGlibc
internal import Glibc

/// A network namespace as it is found from outside.
struct FoundNamespace {
  /// Of its file in nsfs, `net:[4026531840]` (namespaces(7)); taken again once it has ended.
  var inode: UInt64
  /// Processes in it, ascending.
  var members: [Int32] = []
  /// The name under which it is bound in /run/netns (ip-netns(8)); nil if it is not.
  var boundName: String?

  /// Where its file may be found.
  func paths(_ procfs: ProcFS) -> [String] {
    members.prefix(3).map { procfs.path("\($0)/ns/net") }
      + (boundName.map { [NamespaceDirectory.boundDirectory + "/" + $0] } ?? [])
  }
}

/// Finds the network namespaces of a host: those of processes, and those bound under /run/netns, with
/// or without a process in them.
///
/// One that is held only by an open descriptor or a socket is not found. A process that is known is
/// looked up again every ``round`` refreshes, as it may have moved.
package struct NamespaceDirectory {
  /// Where `ip netns` binds namespaces.
  static let boundDirectory = "/run/netns"

  private static let round: Int32 = 12

  private let procfs: ProcFS
  private let home: UInt64
  private var link = SymbolicLink(longest: 64)
  /// The namespace of each process; 0 if it cannot be read.
  private var namespaces: [Int32: UInt64] = [:]
  private var turn: Int32 = 0
  /// Whether the namespaces of some processes may not be read: CAP_SYS_PTRACE is missing.
  private(set) var isDenied = false

  /// - Parameter home: inode of the namespace that is not to be found.
  init(procfs: ProcFS, home: UInt64) {
    self.procfs = procfs
    self.home = home
  }

  /// The namespaces that there are now, by inode.
  mutating func refresh() throws(SystemError) -> [UInt64: FoundNamespace] {
    let processes = try DirectoryStream(procfs.root)
    turn = (turn + 1) % Self.round
    var seen: [Int32: UInt64] = [:]
    seen.reserveCapacity(namespaces.count)
    var found: [UInt64: FoundNamespace] = [:]
    while let pid = processes.nextNumber(onlyDirectories: true) {
      let inode: UInt64
      if let known = namespaces[pid], pid % Self.round != turn {
        inode = known
      } else {
        inode = namespace(of: pid)
      }
      seen[pid] = inode
      guard inode != 0, inode != home else { continue }
      found[inode, default: FoundNamespace(inode: inode)].members.append(pid)
    }
    namespaces = seen
    addBound(to: &found)
    return found
  }

  /// Forgets where the processes are: they are looked up again at the next refresh.
  mutating func forget(_ pids: [Int32]) {
    for pid in pids { namespaces[pid] = nil }
  }

  private mutating func namespace(of pid: Int32) -> UInt64 {
    do throws(SystemError) {
      return try link.read(procfs.path("\(pid)/ns/net"), parse: Self.inode)
    } catch {
      if error.errno == EACCES || error.errno == EPERM, pid != 1 { isDenied = true }
      return 0
    }
  }

  /// The inode of `net:[4026531840]`; 0 for anything else.
  package static func inode(_ target: Span<UInt8>) -> UInt64 {
    let prefix = 5
    guard target.count > prefix + 1, target.holds("net:[", in: 0..<prefix),
      target[target.count - 1] == UInt8(ascii: "]")
    else { return 0 }
    return UInt64(decimal: target, in: prefix..<target.count - 1) ?? 0
  }

  private func addBound(to found: inout [UInt64: FoundNamespace]) {
    guard let names = try? DirectoryStream(Self.boundDirectory) else { return }
    while let name = names.nextName() {
      // A file that nothing is bound to is no namespace: it is not in nsfs.
      guard let inode = Self.boundInode(Self.boundDirectory + "/" + name), inode != home
      else { continue }
      let known = found[inode]?.boundName
      found[inode, default: FoundNamespace(inode: inode)].boundName =
        known.map { min($0, name) } ?? name
    }
  }

  private static func boundInode(_ path: String) -> UInt64? {
    var kind = statfs()
    guard let file = try? Descriptor.open(path), unsafe fstatfs(file.number, &kind) == 0,
      Int(kind.f_type) == nsfsMagic
    else { return nil }
    return try? file.inode(name: path)
  }

  /// `NSFS_MAGIC` of `include/uapi/linux/magic.h`.
  private static let nsfsMagic = 0x6e73_6673
}
