import ArgumentParser
import SocketStates

/// The flags with which a daemon is asked that wants a password, or has a certificate.
struct AccessOptions: ParsableArguments {
  @Option(
    name: .customLong("user"),
    help: ArgumentHelp(
      "User name, if the daemon requires authentication; the password comes from $\(Authorization.variable) or --password-file.",
      valueName: "name"))
  var user: String?

  @Option(
    name: .customLong("password-file"),
    help: ArgumentHelp("File whose first line is the password.", valueName: "file"),
    completion: .file())
  var passwordFile: String?

  @Option(
    name: .customLong("ca-file"),
    help: ArgumentHelp(
      "Certificates (PEM) of the authorities to trust, in place of the system's. With unix:/path, TLS is spoken there too.",
      valueName: "file"),
    completion: .file())
  var caFile: String?

  @Flag(
    name: .customLong("insecure"),
    help: "Do not verify the daemon's certificate. Whoever answers gets the password.")
  var isInsecure = false

  /// The flags that take a value, and what was given for each.
  var given: [(name: String, value: String?)] {
    [("--user", user), ("--password-file", passwordFile), ("--ca-file", caFile)]
  }

  /// The client of a daemon.
  func client(_ address: DaemonAddress) throws -> DaemonClient {
    var client = DaemonClient(address: address)
    if let user {
      client.authorization = try Authorization.basic(user: user, passwordFile: passwordFile)
    } else if passwordFile != nil {
      throw Failure(message: "--password-file: only allowed with --user", status: Failure.usage)
    }
    let isAboutTLS = caFile != nil || isInsecure
    if case .tcp = address.place, !address.isSecure, isAboutTLS {
      throw Failure(
        message:
          "\(caFile == nil ? "--insecure" : "--ca-file"): only allowed with https:// and unix:",
        status: Failure.usage)
    }
    if address.isSecure || isAboutTLS {
      client.tls = try ClientTLS(to: address, caFile: caFile, isInsecure: isInsecure)
    }
    if isInsecure {
      StandardError.tell(
        "WARNING: --insecure: the certificate of \(address.text.visible) is NOT verified; whoever is in between can read and change everything, the password included"
      )
    }
    return client
  }
}
