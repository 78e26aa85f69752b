internal import Configuration
internal import NIOCore
internal import NIOPosix

/// A listening socket.
struct Listener: Sendable {
  let channel: any Channel
  /// As asked for, with the port that the kernel chose where 0 was asked for.
  let address: ListenAddress
  private let file: UnixSocketFile?

  /// - Parameter makeBootstrap: a bootstrap for one socket; asked again for each try.
  static func bind(
    _ address: ListenAddress, on eventLoop: any EventLoop,
    makeBootstrap: () -> ServerBootstrap
  ) async throws(MetricsServerError) -> Listener {
    do throws(MetricsServerError.Reason) {
      switch address {
      case .passed(let descriptor):
        return try await adopt(descriptor, makeBootstrap())
      case .unix(let path):
        return try await bindUnix(path: path, on: eventLoop, makeBootstrap())
      case .tcp(let host?, let port):
        return try await bindTCP(host: host, port: port, makeBootstrap())
      case .tcp(nil, let port):
        do throws(MetricsServerError.Reason) {
          return try await bindTCP(host: "::", port: port, makeBootstrap())
        } catch {
          guard error.meansNoIPv6 else { throw error }
          return try await bindTCP(host: "0.0.0.0", port: port, makeBootstrap())
        }
      }
    } catch {
      throw MetricsServerError(address: address, reason: error)
    }
  }

  /// Serves on a socket that listens already, and whose file, if it has one, is another's.
  private static func adopt(
    _ descriptor: Int32, _ bootstrap: ServerBootstrap
  ) async throws(MetricsServerError.Reason) -> Listener {
    let channel = try await ready { bootstrap.withBoundSocket(descriptor) }
    return Listener(
      channel: channel, address: ListenAddress(channel.localAddress, descriptor: descriptor),
      file: nil)
  }

  /// Stops listening; connections already accepted stay.
  func close() async {
    file?.remove()
    // Fails only if the channel has closed already.
    try? await channel.close()
  }

  private static func bindUnix(
    path: String, on eventLoop: any EventLoop, _ bootstrap: ServerBootstrap
  ) async throws(MetricsServerError.Reason) -> Listener {
    try await UnixSocketFile.removeStale(at: path, on: eventLoop)
    let channel = try await bind(bootstrap) { try SocketAddress(unixDomainSocketPath: path) }
    do throws(MetricsServerError.Reason) {
      return Listener(
        channel: channel, address: .unix(path: path), file: try UnixSocketFile(boundAt: path))
    } catch {
      try? await channel.close()
      throw error
    }
  }

  private static func bindTCP(
    host: String, port: UInt16, _ bootstrap: ServerBootstrap
  ) async throws(MetricsServerError.Reason) -> Listener {
    let socketAddress: SocketAddress
    do {
      // The resolver may refuse even a numeric address of a family that no interface has.
      socketAddress =
        try (try? SocketAddress(ipAddress: host, port: Int(port)))
        ?? SocketAddress.makeAddressResolvingHost(host, port: Int(port))
    } catch {
      throw .unresolved
    }
    var bootstrap = bootstrap.serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    if case .v6 = socketAddress {
      // `::` takes IPv4 too, whatever the sysctl bindv6only says.
      let option = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)
      bootstrap = bootstrap.serverChannelOption(option, value: 0)
    }
    let channel = try await bind(bootstrap) { socketAddress }
    return Listener(
      channel: channel,
      address: .tcp(host: host, port: channel.localAddress?.portNumber ?? port), file: nil)
  }

  private static func bind(
    _ bootstrap: ServerBootstrap, to address: () throws -> SocketAddress
  ) async throws(MetricsServerError.Reason) -> any Channel {
    try await ready { try bootstrap.bind(to: address()) }
  }

  private static func ready(
    _ channel: () throws -> EventLoopFuture<any Channel>
  ) async throws(MetricsServerError.Reason) -> any Channel {
    do {
      return try await channel().get()
    } catch let error as IOError {
      throw .system(error.errnoCode)
    } catch {
      throw .other("\(error)")
    }
  }
}

extension SocketAddress {
  /// The port of an IP address.
  fileprivate var portNumber: UInt16? { port.flatMap { UInt16(exactly: $0) } }
}

extension ListenAddress {
  /// Where a socket listens.
  fileprivate init(_ address: SocketAddress?, descriptor: Int32) {
    switch address {
    case .unixDomainSocket: self = .unix(path: address?.pathname ?? "")
    case .v4, .v6: self = .tcp(host: address?.ipAddress, port: address?.portNumber ?? 0)
    case nil: self = .passed(descriptor: descriptor)
    }
  }
}
