import ArgumentParser
import LinuxSockets

struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "load", abstract: "Load the programs, in place of those that are there.")

  @OptionGroup var options: LoaderOptions

  func run() throws {
    let pins = options.pins()
    let lock = try pins.create()
    do {
      let object = try KernelObject()
      try object.load()
      // Those that are there count until these do, whatever version they are of.
      pins.unfinished.removeSet()
      try object.pin(in: pins.unfinished)
      try pins.takeFinished()
      pins.removeOtherSets()
      for name in object.leftOut { print("\(name): left out, this kernel does not have it") }
      print("loaded in \(pins.set)")
    } catch {
      pins.removeIfEmpty()
      throw error
    }
    lock.release()
  }
}

struct UnloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unload", abstract: "Take everything that was loaded out of the kernel.")

  @OptionGroup var options: LoaderOptions

  func run() throws {
    let pins = options.pins()
    guard pins.exists else { return }
    let lock = try pins.lock()
    pins.removeSet()
    pins.removeOtherSets()
    pins.removeIfEmpty()
    lock.release()
    if let rest = pins.sets.first {
      throw LoaderError(description: "cannot remove \(pins.path)/\(rest): it takes root")
    }
  }
}

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell what is attached and what was missed; exits with 1 if nothing is loaded.")

  @OptionGroup var options: LoaderOptions

  func run() throws {
    let pins = options.pins()
    let counters = try KernelCounterFile.read(.counters, in: pins.path)
    let processes = try KernelCounterFile.read(.processes, in: pins.path)
    for name in try KernelObject().programs {
      guard let program = LoadedProgram(name, in: pins) else {
        print("\(name): not attached")
        continue
      }
      // As the kernel says it: the program was running on that processor already.
      print("\(name): program \(program.id), recursion misses \(program.misses)")
    }
    print("counters: \(counters.count), made \(counters.created); processes: \(processes.count)")
    print(
      "missed: no memory \(counters.noMark), no counter \(counters.noCounter); counted late \(counters.late)"
    )
  }
}
