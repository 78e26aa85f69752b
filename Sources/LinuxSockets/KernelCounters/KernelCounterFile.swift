internal import Glibc

/// A file that sockstated-bpf has pinned: records that the kernel writes at each reading.
///
/// The format is that of `Sources/sockstated-bpf/BPF/format.h`: records, and an end without which it is not whole.
/// Numbers are in host order.
package struct KernelCounterFile: Sendable {
  /// Why bytes are no such file.
  package enum Fault: Error, Equatable {
    /// It does not end as such a file does.
    case notWhole
    case otherFormat(UInt16)
  }

  /// Which of the files it is.
  package enum Kind: UInt32, Sendable, CaseIterable {
    case counters = 0x4354_4353
    case processes = 0x5054_4353
    case groups = 0x4754_4353
    case endings = 0x4554_4353
    case descriptors = 0x4454_4353
    case orphans = 0x4f54_4353

    /// Its name in the directory.
    package var name: String {
      switch self {
      case .counters: "counters"
      case .processes: "processes"
      case .groups: "groups"
      case .endings: "endings"
      case .descriptors: "descriptors"
      case .orphans: "orphans"
      }
    }

    /// Bytes of a record.
    var recordSize: Int {
      switch self {
      case .counters: 32
      case .processes: 304
      case .groups: 328
      case .endings, .orphans: 72
      case .descriptors: 32
      }
    }
  }

  /// The version of the format, which also names the directory.
  package static let format: UInt16 = 3

  private static let endSize = 48
  /// Bytes that no file is longer than.
  private static let longest = 1 << 27

  private let bytes: [UInt8]
  private let recordSize: Int
  /// The number of records.
  package let count: Int
  /// When the counters were loaded, ns: tells one set of them from the next.
  package let loaded: UInt64
  /// How many records were made until the reading ended.
  package let created: UInt64
  /// Events for which there was no memory to follow the socket.
  package let noMark: UInt64
  /// Events for which no counter could be made.
  package let noCounter: UInt64
  /// Events that were passed over, and were counted only when their socket was closed or freed.
  package let late: UInt64

  /// - Throws: if the bytes are not the whole of such a file.
  package init(_ kind: Kind, _ bytes: [UInt8]) throws(Fault) {
    let span = unsafe bytes.span.bytes
    recordSize = kind.recordSize
    let end = span.byteCount - Self.endSize
    guard end >= 0, span.load(at: end) == kind.rawValue else { throw .notWhole }
    let format: UInt16 = span.load(at: end + 4)
    let size: UInt16 = span.load(at: end + 6)
    guard format == Self.format, size == recordSize else { throw .otherFormat(format) }
    guard end.isMultiple(of: recordSize) else { throw .notWhole }
    count = end / recordSize
    loaded = span.load(at: end + 8)
    created = span.load(at: end + 16)
    noMark = span.load(at: end + 24)
    noCounter = span.load(at: end + 32)
    late = span.load(at: end + 40)
    self.bytes = bytes
  }

  /// Where a file is in the directory.
  static func path(_ kind: Kind, in directory: String) -> String {
    "\(directory)/v\(format)/\(kind.name)"
  }

  /// Reads one of the files of a directory.
  package static func read(
    _ kind: Kind, in directory: String
  ) throws(KernelCounterError) -> KernelCounterFile {
    let path = path(kind, in: directory)
    do {
      return try KernelCounterFile(kind, try content(path))
    } catch let error as SystemError {
      throw .system(error)
    } catch {
      throw .content(path, error as? Fault ?? .notWhole)
    }
  }

  private static func content(_ path: String) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(path)
    var bytes = [UInt8](repeating: 0, count: 1 << 14)
    var count = 0
    while true {
      let read = try file.read(into: &bytes, from: count, name: path)
      if read == 0 { break }
      count += read
      if count == bytes.count, count < longest {
        bytes.append(contentsOf: repeatElement(0, count: count))
      }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// What the bytes of each record say, one after the other.
  func records<Record>(_ decode: @escaping (RawSpan) -> Record) -> some Sequence<Record> {
    (0..<count).lazy.map { record($0, decode) }
  }

  /// What the bytes of one record say.
  func record<Record>(_ index: Int, _ decode: (RawSpan) -> Record) -> Record {
    let start = index * recordSize
    return decode(unsafe bytes.span.bytes.extracting(start..<start + recordSize))
  }
}

/// Why the kernel's counters cannot be read.
package enum KernelCounterError: Error {
  case system(SystemError)
  case content(String, KernelCounterFile.Fault)
}

extension KernelCounterError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let error): error.description
    case .content(let path, .notWhole): "\(path) is cut short, or no file of sockstated-bpf"
    case .content(let path, .otherFormat(let format)):
      "\(path) has format \(format), and this sockstated reads \(KernelCounterFile.format): load the counters of the same version"
    }
  }
}

extension KernelCounterError {
  /// Whether there is nothing to read, and no more to say.
  var isAbsence: Bool {
    guard case .system(let error) = self else { return false }
    return [ENOENT, ENOTDIR, EACCES].contains(error.errno)
  }
}
