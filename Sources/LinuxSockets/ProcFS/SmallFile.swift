internal import Glibc

/// Reads files that fit a fixed buffer, which is kept from one file to the next.
///
/// What does not fit is cut off: everything read this way is either short by nature or only its
/// beginning matters.
package struct SmallFile: Sendable {
  private var buffer: [UInt8]

  /// A reader of files of at most `capacity` bytes.
  package init(capacity: Int) { buffer = [UInt8](repeating: 0, count: max(capacity, 1)) }

  /// The content of the file at `path`, handed to `parse`.
  package mutating func read<Result>(
    _ path: String, parse: (Span<UInt8>) -> Result
  ) throws(SystemError) -> Result {
    try read(try Descriptor.open(path), name: path, parse: parse)
  }

  /// The content of the file at `path` relative to a directory, handed to `parse`.
  package mutating func read<Result>(
    _ path: String, at directory: borrowing Descriptor, parse: (Span<UInt8>) -> Result
  ) throws(SystemError) -> Result {
    try read(try directory.open(at: path), name: path, parse: parse)
  }

  /// The content of an open file from its current position on, handed to `parse`.
  package mutating func read<Result>(
    _ file: consuming Descriptor, name: String, parse: (Span<UInt8>) -> Result
  ) throws(SystemError) -> Result {
    var count = 0
    while count < buffer.count {
      let read = try file.read(into: &buffer, from: count, name: name)
      if read == 0 { break }
      count += read
    }
    return parse(buffer.span.extracting(0..<count))
  }
}

extension Array<UInt8> {
  /// A copy of the bytes.
  package init(_ bytes: Span<UInt8>) {
    self.init()
    reserveCapacity(bytes.count)
    for index in bytes.indices { append(bytes[index]) }
  }
}
