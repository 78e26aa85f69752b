import Glibc
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

/// A thread for work that blocks.
enum BlockingThread {
  private final class Work {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Starts a detached thread that ends with `body`.
  static func start(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
    let status = unsafe pthread_create(
      &thread, nil,
      { context in
        unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body()
        return nil
      }, work)
    guard status == 0 else { fatalError("pthread_create: \(status)") }
    pthread_detach(thread)
  }
}
