import Glibc

/// For the fuzzer, which is C: lets the target that FUZZ_TARGET names have an input.
@_cdecl("sockstated_fuzz")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) {
  do {
    try target.run(Array(UnsafeBufferPointer(start: data, count: size)))
  } catch {
    fatalError("\(error)")
  }
}

private let target: FuzzTarget = {
  let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    fatalError("FUZZ_TARGET is “\(name)”, not one of \(FuzzTarget.allCases.map(\.rawValue))")
  }
  return target
}()
