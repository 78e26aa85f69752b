// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Held by every module that ships: Swift 6 mode comes with the tools version.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests may use pointers freely (swift-testing's macros expand to unsafe code).
let tests: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "sockstated",
  products: [.executable(name: "sockstated", targets: ["sockstated"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.34.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.9.0"),
  ],
  targets: [
    .systemLibrary(name: "CLibMNL", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
    .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
    // Part of the C library, which Swift's own module of it leaves out.
    .systemLibrary(name: "CGlibc"),
    .target(name: "SocketStates", swiftSettings: strict),
    .target(
      name: "LinuxSockets", dependencies: ["CLibMNL", "CGlibc", "SocketStates"],
      swiftSettings: strict),
    .target(name: "Exposition", dependencies: ["SocketStates"], swiftSettings: strict),
    .target(
      name: "MetricsServer",
      dependencies: [
        "CCrypt", "CZlib", "Configuration", "SocketStates",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Configuration",
      dependencies: ["CLibYAML", "SocketStates", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
    .executableTarget(
      name: "sockstated",
      dependencies: [
        "SocketStates", "LinuxSockets", "Exposition", "MetricsServer", "Configuration",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      resources: [
        .embedInCode("Page/page.html"), .embedInCode("Page/page.css"),
        .embedInCode("Page/page.js"), .embedInCode("Page/elements.js"),
        .embedInCode("Page/lookup.js"), .embedInCode("Page/findings.js"),
        .embedInCode("Page/freshness.js"),
        .embedInCode("Page/table.js"), .embedInCode("Page/theme.js"),
      ],
      swiftSettings: strict, plugins: ["BuildVersion"]),
    .plugin(name: "BuildVersion", capability: .buildTool()),
    // Of `make bench`; it does not ship.
    .executableTarget(
      name: "bench-render", dependencies: ["Exposition", "SocketStates"], path: "bench/render",
      swiftSettings: strict),
    .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: tests),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "SocketStates", "LinuxSockets", "Exposition", "MetricsServer", "Configuration",
        .product(name: "Logging", package: "swift-log"),
      ],
      path: "fuzz/Targets", swiftSettings: tests),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: tests),
    .testTarget(
      name: "SocketStatesTests", dependencies: ["SeededRandom", "SocketStates"],
      swiftSettings: tests),
    .testTarget(
      name: "LinuxSocketsTests",
      dependencies: ["CLibMNL", "LinuxSockets", "SeededRandom", "SocketStates"],
      swiftSettings: tests),
    .testTarget(
      name: "ExpositionTests",
      dependencies: ["Exposition", "LinuxSockets", "SeededRandom", "SocketStates"],
      resources: [.copy("Fixtures")], swiftSettings: tests),
    .testTarget(
      name: "MetricsServerTests",
      dependencies: [
        "Configuration", "MetricsServer", "SocketStates",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "ConfigurationTests",
      dependencies: ["Configuration", "SeededRandom", "SocketStates"],
      swiftSettings: tests),
    .testTarget(
      name: "SockstatedTests",
      dependencies: [
        "sockstated", "SocketStates", "Exposition", "MetricsServer", "SeededRandom",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: tests),
    .testTarget(
      name: "EndToEndTests", dependencies: ["SeededRandom", "sockstated"],
      resources: [.copy("Programs")], swiftSettings: tests),
  ]
)

/// The loader of the kernel's counters needs libbpf to build, and nothing else here does: without libbpf's headers the
/// package is built without it.
if FileManager.default.fileExists(atPath: "/usr/include/bpf/libbpf.h") {
  package.products.append(.executable(name: "sockstated-bpf", targets: ["sockstated-bpf"]))
  package.targets += [
    .systemLibrary(name: "CLibBPF", pkgConfig: "libbpf", providers: [.apt(["libbpf-dev"])]),
    .plugin(name: "CompileBPF", capability: .buildTool()),
    .executableTarget(
      name: "sockstated-bpf",
      dependencies: [
        "CLibBPF", "LinuxSockets",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      exclude: ["BPF"], swiftSettings: strict, plugins: ["BuildVersion", "CompileBPF"]),
  ]
  package.targets.first { $0.name == "EndToEndTests" }?.dependencies.append("sockstated-bpf")
}

// `make fuzz`: every module of this package is instrumented, and linked into the program that libFuzzer makes.
if Context.environment["SOCKSTATED_FUZZ"] != nil {
  let sanitizers = ["-sanitize=fuzzer,address"]
  for target in package.targets where target.type == .regular {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(sanitizers)]
  }
  package.targets.append(
    .executableTarget(
      name: "fuzz", dependencies: ["FuzzTargets"], path: "fuzz/Fuzzer",
      linkerSettings: [.unsafeFlags(sanitizers)]))
}
