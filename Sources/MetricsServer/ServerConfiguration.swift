package import Configuration

/// Where the server listens, and what it allows its clients.
package struct ServerConfiguration: Sendable {
  package var listenAddresses: [ListenAddress]
  /// Requests that are answered at a time; one more gets 503. A request counts from its last byte
  /// until its response is handed to the kernel, so that one which never completes takes no place.
  package var maxRequests = 40
  /// Connections open at a time, over all addresses. At the limit, the connection that has been
  /// longest without a complete request makes room for the new one.
  package var maxConnections = 256
  /// How long a client may take for a whole request, from the connection (or, on a connection kept
  /// alive, from the request's first byte) to the request's end.
  package var headerTimeout: Duration = .seconds(10)
  /// How long a connection may wait for its next request: longer than common scrape intervals.
  package var idleTimeout: Duration = .seconds(180)
  /// How long a client may take to read a response whole.
  package var writeTimeout: Duration = .seconds(30)
  /// Request target, header names and values together, bytes; above it the answer is 431.
  package var maxHeaderBytes = 16 * 1024
  /// Header fields in a request; above it the answer is 431.
  package var maxHeaderFields = 100
  /// Request bodies are of no use here: up to this many bytes they are read and dropped, above it
  /// the answer is 413.
  package var maxBodyBytes = 64 * 1024

  package init(listenAddresses: [ListenAddress]) {
    self.listenAddresses = listenAddresses
  }
}
