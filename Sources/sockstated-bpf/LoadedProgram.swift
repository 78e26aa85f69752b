import CLibBPF
import LinuxSockets

/// A program that is attached.
struct LoadedProgram {
  let id: UInt32
  /// How often the kernel passed it over, as it was running on that processor already.
  let misses: UInt64

  /// nil if it is not pinned, or may not be asked for.
  init?(_ name: String, in pins: PinDirectory) {
    let path = KernelObject.files[name].map(pins.file) ?? pins.link(name)
    guard let link = Self.descriptor(unsafe bpf_obj_get(path)) else { return nil }
    var linkInfo = bpf_link_info()
    var length = UInt32(MemoryLayout<bpf_link_info>.size)
    guard unsafe bpf_obj_get_info_by_fd(link.number, &linkInfo, &length) == 0 else { return nil }
    id = linkInfo.prog_id
    guard let program = Self.descriptor(bpf_prog_get_fd_by_id(id)) else { return nil }
    var info = bpf_prog_info()
    length = UInt32(MemoryLayout<bpf_prog_info>.size)
    guard unsafe bpf_obj_get_info_by_fd(program.number, &info, &length) == 0 else { return nil }
    misses = info.recursion_misses
  }

  private static func descriptor(_ number: Int32) -> Descriptor? {
    number < 0 ? nil : Descriptor(owning: number)
  }
}
