internal import Glibc

/// An open directory of which only the entries count whose names are numbers: processes,
/// descriptors.
@safe struct NumberedDirectory: ~Copyable {
  /// One entry.
  struct Entry {
    var number: UInt32
    /// Whether it may be a directory itself: a symbolic link is not, whatever it points to.
    var mayBeDirectory: Bool
  }

  private let stream: OpaquePointer
  /// The directory's descriptor, for calls relative to it; valid while this value lives.
  let descriptor: Int32

  /// Takes over a descriptor of a directory (fdopendir(3)).
  ///
  /// - Parameter name: the directory, for the error's text.
  init(_ directory: consuming Descriptor, name: @autoclosure () -> String) throws(SystemError) {
    let number = directory.number
    guard let stream = unsafe fdopendir(number) else { throw .last("list \(name())") }
    descriptor = directory.release()
    unsafe self.stream = stream
  }

  deinit { _ = unsafe closedir(stream) }

  /// The next entry (readdir(3)); nil at the end, also if the directory goes away meanwhile, as
  /// that of a process does.
  borrowing func next() -> Entry? {
    while let entry = unsafe readdir(stream) {
      let type = Int32(unsafe entry.pointee.d_type)
      guard let number = unsafe Self.number(entry) else { continue }
      return Entry(
        number: number, mayBeDirectory: type == Int32(DT_DIR) || type == Int32(DT_UNKNOWN))
    }
    return nil
  }

  private static func number(_ entry: UnsafeMutablePointer<dirent>) -> UInt32? {
    unsafe withUnsafeBytes(of: &entry.pointee.d_name) { name in
      var value: UInt32 = 0
      var length = 0
      while length < 10, case let byte = unsafe name[length], byte != 0 {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10, value < 400_000_000 else { return nil }
        value = value * 10 + UInt32(digit)
        length += 1
      }
      return unsafe length > 0 && name[length] == 0 ? value : nil
    }
  }
}
