import Dispatch
import Synchronization

/// Waits for what may never come: a file system that does not answer holds its reader for ever.
package enum BoundedWait {
  private final class Answer<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
    let isThere = DispatchSemaphore(value: 0)
  }

  /// What `body` returns, on a thread of its own; nil if that is not there within the time. Then the thread
  /// goes on, and its value is lost.
  package static func value<Value: Sendable>(
    milliseconds: Int, of body: @escaping @Sendable () -> Value
  ) -> Value? {
    let answer = Answer<Value>()
    DispatchQueue.global().async {
      let value = body()
      answer.value.withLock { $0 = value }
      answer.isThere.signal()
    }
    _ = answer.isThere.wait(timeout: .now() + .milliseconds(milliseconds))
    return answer.value.withLock { $0 }
  }
}
