import ArgumentParser

/// `sockstated check-health ADDRESS`: asks a daemon whether it polls, for images that have no other program.
struct CheckHealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check-health", abstract: "Ask a running daemon whether it polls.",
    discussion: """
      Asks for /-/healthy and ends with 0 if the last poll is younger than three intervals, else with 1. For the \
      health checks of containers, whose image has no other program.
      """)

  @Argument(
    help: ArgumentHelp(
      "Where it listens: http://host:port, https://host:port or unix:/path.", valueName: "address"))
  var address = "http://localhost:10793"

  @OptionGroup var access: AccessOptions

  func run() throws {
    let client = try access.client(DaemonAddress(address, named: "check-health"))
    try StandardOutput.write(try client.answer("/-/healthy", []))
  }
}
