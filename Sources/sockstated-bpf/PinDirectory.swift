import CLibBPF
import FoundationEssentials
import Glibc
import LinuxSockets

/// Where everything is pinned, on a bpf file system:
///
///     DIRECTORY/v3/links/PROGRAM     keeps a program attached
///     DIRECTORY/v3/counters, groups… what sockstated reads
struct PinDirectory {
  let path: String
  /// The name of the directory of a set, after its format.
  private(set) var name = "v\(KernelCounterFile.format)"

  var set: String { "\(path)/\(name)" }

  /// Where a set is put together: nobody reads it there. A dot is not for names of this file system.
  var unfinished: PinDirectory {
    var other = self
    other.name += "-unfinished"
    return other
  }

  var exists: Bool { unsafe access(path, F_OK) == 0 }

  /// The sets that are there, also of other versions.
  var sets: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasPrefix("v") }
  }

  func link(_ program: String) -> String { "\(set)/links/\(program)" }

  func file(_ kind: KernelCounterFile.Kind) -> String { "\(set)/\(kind.name)" }

  /// Makes the directory if it is not there.
  /// - Returns: its lock.
  func create() throws -> DirectoryLock {
    try make(path)
    var status = statfs()
    guard unsafe statfs(path, &status) == 0, status.f_type == BPF_FS_MAGIC else {
      unsafe rmdir(path)
      throw LoaderError(
        description:
          "\(path) is not on a bpf file system; mount one: mount -t bpf bpf /sys/fs/bpf")
    }
    return try lock()
  }

  /// Makes what ``KernelObject/pin(in:)`` needs.
  func createSet() throws {
    try make(set)
    try make("\(set)/links")
  }

  private func make(_ path: String) throws {
    guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw SystemError.last("make \(path)")
    }
  }

  /// Keeps other loaders away for as long as it lives.
  func lock() throws -> DirectoryLock {
    let directory = try Descriptor.open(path, flags: O_RDONLY | O_DIRECTORY)
    guard flock(directory.number, LOCK_EX | LOCK_NB) == 0 else {
      throw LoaderError(description: "\(path) is locked: another sockstated-bpf is at work there")
    }
    return DirectoryLock(descriptor: directory)
  }

  /// Takes away all pins of the set, and with them what the kernel runs. What cannot be removed stays.
  func removeSet() {
    for directory in ["\(set)/links", set] {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
        unsafe unlink("\(directory)/\(name)")
      }
      unsafe rmdir(directory)
    }
  }

  /// Removes the sets of all versions but this one.
  func removeOtherSets() {
    for other in sets where other != name {
      var directory = self
      directory.name = other
      directory.removeSet()
    }
  }

  /// Gives the set of ``unfinished`` this one's place.
  func takeFinished() throws {
    removeSet()
    guard unsafe rename(unfinished.set, set) == 0 else {
      throw SystemError.last("rename \(unfinished.set)")
    }
  }

  func removeIfEmpty() { unsafe rmdir(path) }
}

/// The lock of a ``PinDirectory``.
struct DirectoryLock: ~Copyable {
  let descriptor: Descriptor

  /// Gives it up.
  consuming func release() {}
}
