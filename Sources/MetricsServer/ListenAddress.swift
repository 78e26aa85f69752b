/// Where the server listens, as `--web.listen-address` names it.
package enum ListenAddress: Sendable, Hashable {
  /// TCP; `host` is a numeric address or a name that is resolved at the start (its first address is
  /// taken), nil is every address of the machine. Port 0 lets the kernel choose.
  case tcp(host: String?, port: Int)
  /// A stream socket in the file system, at an absolute path.
  case unix(path: String)
  /// A socket that listens already, by its descriptor, which belongs to the server from its start on.
  case passed(descriptor: Int32)
}

extension ListenAddress: CustomStringConvertible {
  /// As the user writes it.
  package var description: String {
    switch self {
    case .tcp(let host?, let port):
      host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .tcp(nil, let port): ":\(port)"
    case .unix(let path): "unix:\(path)"
    case .passed(let descriptor): "descriptor \(descriptor)"
    }
  }
}
