internal import Glibc

/// An open directory, read entry by entry.
///
/// The end is also reported when the directory goes away meanwhile, as that of a process does.
@safe struct DirectoryStream: ~Copyable {
  private let stream: OpaquePointer
  /// The directory's descriptor, for calls relative to it; valid while this value lives.
  let descriptor: Int32

  /// Opens a directory.
  init(_ path: String) throws(SystemError) {
    try self.init(try Descriptor.open(path, flags: O_RDONLY | O_DIRECTORY), name: path)
  }

  private init(_ directory: consuming Descriptor, name: String) throws(SystemError) {
    guard let stream = unsafe fdopendir(directory.number) else { throw .last("list \(name)") }
    descriptor = directory.release()
    unsafe self.stream = stream
  }

  deinit { _ = unsafe closedir(stream) }

  /// The next entry whose name is a number: a process, a descriptor.
  ///
  /// - Parameter onlyDirectories: leave out what is not a directory itself; a symbolic link is
  ///   none, whatever it points to.
  borrowing func nextNumber(onlyDirectories: Bool = false) -> Int32? {
    while let entry = unsafe readdir(stream) {
      if onlyDirectories, unsafe !Self.mayBeDirectory(entry) { continue }
      if let number = unsafe Self.number(entry) { return number }
    }
    return nil
  }

  /// The next directory below this one and its inode.
  borrowing func nextDirectory() -> (name: String, inode: UInt64)? {
    while let entry = unsafe readdir(stream) {
      guard unsafe Self.mayBeDirectory(entry) else { continue }
      if let name = unsafe Self.name(entry) { return (name, UInt64(unsafe entry.pointee.d_ino)) }
    }
    return nil
  }

  /// The name of the next entry of any kind.
  borrowing func nextName() -> String? {
    while let entry = unsafe readdir(stream) {
      if let name = unsafe Self.name(entry) { return name }
    }
    return nil
  }

  /// The entry's name; nil for the directory itself and the one above.
  private static func name(_ entry: UnsafeMutablePointer<dirent>) -> String? {
    let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
      unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
    }
    return name == "." || name == ".." ? nil : name
  }

  private static func mayBeDirectory(_ entry: UnsafeMutablePointer<dirent>) -> Bool {
    let type = Int(unsafe entry.pointee.d_type)
    return type == Int(DT_DIR) || type == Int(DT_UNKNOWN)
  }

  private static func number(_ entry: UnsafeMutablePointer<dirent>) -> Int32? {
    unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
      var value: Int32 = 0
      var length = 0
      while case let byte = unsafe name[length], byte != 0 {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10, value < 200_000_000 else { return nil }
        value = value * 10 + Int32(digit)
        length += 1
      }
      return length > 0 ? value : nil
    }
  }
}
