import LinuxSockets
import ServiceLifecycle
import Synchronization

/// Runs the poll loop on its own thread, off Swift's cooperative pool.
struct PollService: Service {
  let loop: PollLoop
  let settings: PollSettings
  /// Called once, when the first report is posted.
  let firstReport: @Sendable () -> Void

  func run() async throws {
    await withGracefulShutdownHandler {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          BlockingThread.start {
            loop.run(settings, firstReport: firstReport)
            continuation.resume()
          }
        }
      } onCancel: {
        loop.stop()
      }
    } onGracefulShutdown: {
      loop.stop()
    }
  }
}
