import Foundation
@testable import LinuxSockets

/// A tree of files that stands for /proc, removed with this object.
final class FakeProcFS: Sendable {
  let root: String
  var procfs: ProcFS { ProcFS(root: root) }

  init() throws {
    root = NSTemporaryDirectory() + "procfs-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  func write(_ path: String, _ content: some Sequence<UInt8>) throws {
    let full = root + "/" + path
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(content).write(to: URL(fileURLWithPath: full))
  }

  func write(_ path: String, _ text: String) throws { try write(path, text.utf8) }

  func link(_ path: String, to target: String) throws {
    let full = root + "/" + path
    try FileManager.default.createDirectory(
      atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try? FileManager.default.removeItem(atPath: full)
    try FileManager.default.createSymbolicLink(atPath: full, withDestinationPath: target)
  }

  func remove(_ path: String) throws {
    try FileManager.default.removeItem(atPath: root + "/" + path)
  }
}
