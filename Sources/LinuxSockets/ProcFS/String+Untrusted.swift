extension String {
  /// Text from bytes that any user may have chosen: what is not UTF-8 becomes U+FFFD.
  init(lossy bytes: Span<UInt8>, in range: Range<Int>) {
    self = String(decoding: [UInt8](bytes.extracting(range)), as: UTF8.self)
  }

  /// What follows the last slash, or all of it; slashes at the end do not count.
  var basename: String {
    var path = self[...]
    while path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return String(path) }
    return String(path[path.utf8.index(after: slash)...])
  }
}
