import CLibBPF
import FoundationEssentials
import Glibc
import LinuxSockets

/// The programs and maps of `BPF/sockets.bpf.c`, in this process until they are pinned.
@safe final class KernelObject {
  private let object: OpaquePointer
  /// Programs that are not for this kernel.
  private(set) var leftOut: [String] = []

  init() throws {
    let bytes = Data(base64Encoded: BPFObject.base64) ?? Data()
    var options = unsafe bpf_object_open_opts()
    unsafe clear(&options)
    unsafe options.sz = MemoryLayout<bpf_object_open_opts>.size
    let opened = unsafe "sockstated".withCString { name in
      unsafe options.object_name = unsafe name
      return unsafe bytes.withUnsafeBytes {
        unsafe bpf_object__open_mem($0.baseAddress, $0.count, &options)
      }
    }
    guard let opened = unsafe opened else { throw SystemError.last("open the BPF object") }
    unsafe object = opened
  }

  deinit { unsafe bpf_object__close(object) }

  /// A program of the object, valid while that is.
  @safe private struct Program {
    let pointer: OpaquePointer
    var name: String { unsafe String(cString: bpf_program__name(pointer)) }
    var section: String { unsafe String(cString: bpf_program__section_name(pointer)) }
    /// Whether it is for the load alone.
    var runsOnce: Bool { section == "iter/task_file" && KernelObject.files[name] == nil }
  }

  /// The names of the programs that stay.
  var programs: [String] { all.filter { !$0.runsOnce }.map(\.name) }

  private var all: [Program] {
    var all: [Program] = []
    while let next = unsafe bpf_object__next_program(object, all.last?.pointer) {
      unsafe all.append(Program(pointer: next))
    }
    return all
  }

  /// Has the kernel verify and load what is for it.
  func load() throws {
    try choose()
    try setLoadTime()
    let result = unsafe bpf_object__load(object)
    guard result == 0 else {
      throw LoaderError(
        description:
          "the kernel does not load the programs: \(errnoText(-result)). It takes CAP_BPF and CAP_PERFMON in the initial user namespace, and Linux 5.15 or newer; --verbose shows what it says"
      )
    }
  }

  /// Leaves out the programs whose tracepoint the kernel does not have, or has with other arguments.
  private func choose() throws {
    guard let types = unsafe btf__load_vmlinux_btf() else {
      throw LoaderError(
        description:
          "this kernel does not describe its types (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF): its counters are not to be had"
      )
    }
    defer { unsafe btf__free(types) }
    for program in all {
      guard program.section.hasPrefix("tp_btf/") else { continue }
      let tracepoint = String(program.section.dropFirst("tp_btf/".count))
      let count = unsafe argumentCount(of: tracepoint, types)
      let isWanted =
        switch program.name {
        case "send_reset": count == 3
        case "send_reset_plain": count == 2
        default: count != nil
        }
      if isWanted { continue }
      leftOut.append(program.name)
      unsafe bpf_program__set_autoload(program.pointer, false)
    }
  }

  /// The number of arguments of a tracepoint, by the type `btf_trace_NAME` of what it calls; nil if there is none.
  private func argumentCount(of tracepoint: String, _ types: OpaquePointer) -> Int? {
    var id = unsafe btf__find_by_name_kind(
      types, "btf_trace_\(tracepoint)", UInt32(BTF_KIND_TYPEDEF))
    guard id > 0 else { return nil }
    // typedef, pointer, function
    for _ in 0..<2 {
      guard let type = unsafe btf__type_by_id(types, UInt32(id)) else { return nil }
      id = unsafe Int32(bitPattern: type.pointee.type)
    }
    guard let function = unsafe btf__type_by_id(types, UInt32(id)) else { return nil }
    // The first is the data of whoever attaches.
    return unsafe Int(btf_vlen(function)) - 1
  }

  private func setLoadTime() throws {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    var size = 0
    guard let map = unsafe bpf_object__find_map_by_name(object, ".rodata"),
      let value = unsafe UnsafeMutableRawPointer(mutating: bpf_map__initial_value(map, &size)),
      size >= MemoryLayout<UInt64>.size
    else { throw LoaderError(description: "the BPF object has no constants: it was built wrong") }
    unsafe value.storeBytes(
      of: UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec), as: UInt64.self)
  }

  /// Attaches what was loaded, and pins it: the kernel goes on when this process has ended.
  func pin(in pins: PinDirectory) throws {
    try pins.createSet()
    do {
      for program in all
      where program.section.hasPrefix("tp_btf/") && !leftOut.contains(program.name) {
        try unsafe pin(bpf_program__attach(program.pointer), at: pins.link(program.name))
      }
      // After them, so that no socket comes in between; in this order.
      for program in all where program.runsOnce { try run(program) }
      // The files last: who finds them finds counters that count.
      for program in all {
        guard let kind = Self.files[program.name] else { continue }
        try unsafe pin(iterator(program, kind), at: pins.file(kind))
      }
    } catch {
      pins.removeSet()
      throw error
    }
  }

  /// Has an iterator go through all that it is called for, once.
  private func run(_ program: Program) throws {
    guard let link = unsafe bpf_program__attach_iter(program.pointer, nil) else {
      throw SystemError.last("attach \(program.name)")
    }
    defer { unsafe _ = bpf_link__destroy(link) }
    let number = unsafe bpf_iter_create(bpf_link__fd(link))
    guard number >= 0 else { throw SystemError.last("run \(program.name)") }
    let iterator = Descriptor(owning: number)
    for _ in 0..<Self.mostReadings {
      if try Self.isOver(iterator, program.name) { return }
    }
    throw LoaderError(
      description:
        "the processes of this host have more than \(Self.mostReadings) million descriptors, which are too many to read"
    )
  }

  private static let mostReadings = 1000

  /// The kernel says EAGAIN after a million descriptors of which none was told (MAX_ITER_OBJECTS), and goes on.
  private static func isOver(
    _ iterator: borrowing Descriptor, _ name: String
  ) throws(SystemError) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 64)
    do throws(SystemError) {
      return try iterator.read(into: &buffer, name: name) == 0
    } catch {
      if error.errno == EAGAIN { return false }
      throw error
    }
  }

  /// The programs that write the files.
  static let files: [String: KernelCounterFile.Kind] = [
    "read_processes": .processes, "read_groups": .groups, "read_endings": .endings,
    "read_orphans": .orphans, "read_descriptors": .descriptors, "read_counters": .counters,
  ]

  private func iterator(_ program: Program, _ kind: KernelCounterFile.Kind) -> OpaquePointer? {
    // It goes through processes, and no map.
    if kind == .descriptors { return unsafe bpf_program__attach_iter(program.pointer, nil) }
    var info = bpf_iter_link_info()
    unsafe info.map.map_fd = UInt32(
      bitPattern: bpf_object__find_map_fd_by_name(object, kind == .orphans ? "marks" : kind.name))
    return unsafe withUnsafeMutablePointer(to: &info) { info in
      var options = unsafe bpf_iter_attach_opts()
      unsafe clear(&options)
      unsafe options.sz = MemoryLayout<bpf_iter_attach_opts>.size
      unsafe options.link_info = info
      unsafe options.link_info_len = UInt32(MemoryLayout<bpf_iter_link_info>.size)
      return unsafe bpf_program__attach_iter(program.pointer, &options)
    }
  }

  private func pin(_ link: OpaquePointer?, at path: String) throws {
    guard let link = unsafe link else { throw SystemError.last("attach \(path)") }
    let result = unsafe bpf_link__pin(link, path)
    guard result == 0 else { throw SystemError(operation: "pin \(path)", errno: -result) }
  }
}

/// Sets options of libbpf to zero with the padding behind them: it refuses any that is not, and optimised code leaves
/// there what was there.
private func clear<Options>(_ options: inout Options) {
  unsafe withUnsafeMutablePointer(to: &options) {
    unsafe _ = memset($0, 0, MemoryLayout<Options>.size)
  }
}

/// Keeps libbpf's messages back: errors are told in words of our own.
func silenceLibBPF() { unsafe _ = libbpf_set_print(nil) }
