package import Configuration

/// Where the server listens, and what it allows its clients.
package struct ServerConfiguration: Sendable {
  package var listenAddresses: [ListenAddress]
  /// Responses above 64 KiB that are sent, and responses that have to be made first, at a time. For one
  /// more, the slowest reader's connection is closed; 503 if there is none. Smaller ones, such as that
  /// of a health check, take no place.
  package var maxRequests = 40
  /// Connections open at a time, over all addresses. At the limit, the client that has most of them
  /// loses one: that which has been longest without a complete request, or its slowest reader.
  package var maxConnections = 256
  /// What large responses may hold until they are read, bytes, each body counted once. Above it the
  /// slowest readers go; one body alone may be larger.
  package var maxBytesHeld = 64 * 1024 * 1024
  /// Bytes that the kernel may hold for a connection whose client does not read; it doubles them. They
  /// count as the daemon's memory for its control group.
  package var sendBuffer = 128 * 1024
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

  /// How many of ``maxRequests`` may wait for their response to be made.
  var maxWaiting: Int { max(1, maxRequests / 2) }

  package init(listenAddresses: [ListenAddress]) {
    self.listenAddresses = listenAddresses
  }
}
