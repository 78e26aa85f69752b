package import SocketStates

/// A descriptor of a process (`struct descriptor_record`).
package struct KernelDescriptor: Sendable {
  /// The process, by its number in the PID namespace of who reads; without identity if the kernel does not show that.
  package var process: KernelProcess.Key
  /// The thread whose table it is in: the number of the process for what its threads share.
  package var table: Int32
  package var number: Int32
  /// 0 if it is no socket.
  package var inode: UInt32
  /// Inode of the network namespace of a TCP socket; 0 if it is none.
  package var netns: UInt32
  /// The state of a TCP socket.
  package var state: TCPState?
}

extension KernelDescriptor {
  init(_ record: RawSpan) {
    process = KernelProcess.Key(started: record.load(at: 0), tgid: record.load(at: 8))
    table = Int32(bitPattern: record.load(at: 12))
    number = Int32(bitPattern: record.load(at: 16))
    inode = record.load(at: 20)
    netns = record.load(at: 24)
    state = TCPState(kernel: record.load(at: 28))
  }
}

extension KernelCounterFile {
  /// The descriptors of a file of them: those of a table one after the other, ascending.
  package var descriptors: some Sequence<KernelDescriptor> { records { KernelDescriptor($0) } }
}
