internal import Glibc
internal import SocketStates

/// The files of a host that the daemon may see under another directory than `/`.
struct HostFiles: Sendable {
  /// Without a slash at its end.
  let root: String
  /// The first path that could not be read for want of permission.
  private(set) var denied: String?

  /// Bytes that are read of a file: an index of some thousand containers.
  private static let longest = 4 << 20
  /// Entries that are read of a directory.
  private static let mostEntries = 20_000

  init(root: String) {
    self.root = root.hasSuffix("/") ? String(root.dropLast()) : root
  }

  /// The content of a regular file that is not longer than 4 MiB; nil if there is none.
  /// - Parameter user: whose it must be. What a user chose must not have the daemon read what only the daemon may.
  mutating func content(_ path: String, of user: UInt32?) -> [UInt8]? {
    do throws(SystemError) {
      let file = try Descriptor.open(root + path, flags: O_RDONLY)
      var status = stat()
      guard unsafe fstat(file.number, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        status.st_size <= Self.longest, user == nil || user == status.st_uid
      else { return nil }
      var reader = SmallFile(capacity: Int(status.st_size))
      return try reader.read(file, name: path) { [UInt8]($0) }
    } catch {
      note(error, path)
      return nil
    }
  }

  /// The names in a directory; none if it is not there.
  mutating func names(in path: String) -> [String] {
    do throws(SystemError) {
      let directory = try DirectoryStream(root + path)
      var names: [String] = []
      while names.count < Self.mostEntries, let name = directory.nextName() { names.append(name) }
      return names
    } catch {
      note(error, path)
      return []
    }
  }

  /// The home of a user, by /etc/passwd (passwd(5)).
  mutating func home(of user: UInt32) -> String? {
    let lines = content("/etc/passwd", of: nil)?.split(separator: UInt8(ascii: "\n")) ?? []
    for line in lines {
      let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard fields.count == 7, String(decoding: fields[2], as: UTF8.self) == "\(user)" else {
        continue
      }
      let home = String(decoding: fields[5], as: UTF8.self)
      return home.hasPrefix("/") ? home : nil
    }
    return nil
  }

  private mutating func note(_ error: SystemError, _ path: String) {
    if error.errno == EACCES, denied == nil { denied = path }
  }
}
