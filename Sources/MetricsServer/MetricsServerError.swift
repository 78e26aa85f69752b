package import Configuration
internal import Glibc

/// Why the server could not start.
package struct MetricsServerError: Error, CustomStringConvertible {
  enum Reason: Error, Equatable {
    /// errno of socket(2), bind(2), listen(2) or chmod(2).
    case system(Int32)
    /// The path of the unix socket is that of another kind of file.
    case notASocket
    case unresolved
    case other(String)

    /// errno of socket(2) without the module or under RestrictAddressFamilies=, and of bind(2) with
    /// the sysctl disable_ipv6.
    var meansNoIPv6: Bool {
      [.system(EAFNOSUPPORT), .system(EPROTONOSUPPORT), .system(EADDRNOTAVAIL)].contains(self)
    }
  }

  /// The address that could not be listened on.
  package let address: ListenAddress
  let reason: Reason

  /// One line that names the address.
  package var description: String {
    "cannot listen on \(address): \(reason)"
  }
}

extension MetricsServerError.Reason: CustomStringConvertible {
  var description: String {
    switch self {
    case .system(EADDRINUSE): "address already in use"
    case .system(EADDRNOTAVAIL): "this machine has no such address"
    case .system(EACCES): "permission denied"
    case .system(let number): unsafe String(cString: strerror(number))
    case .notASocket: "the file exists and is not a socket"
    case .unresolved: "the host name cannot be resolved"
    case .other(let text): text
    }
  }
}
