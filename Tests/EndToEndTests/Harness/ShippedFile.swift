import Foundation

/// Files that ship beside the binary, as they lie in the repository.
enum ShippedFile {
  /// The absolute path of a file, given from the top of the repository.
  static func path(_ relative: String) -> String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../../\(relative)").standardizedFileURL.path
  }

  static func text(_ relative: String) throws -> String {
    try String(contentsOfFile: path(relative), encoding: .utf8)
  }

  /// The absolute paths of the files of a directory whose names end so, sorted.
  static func paths(in directory: String, ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path(directory))
      .filter { $0.hasSuffix(ending) }.sorted().map { path("\(directory)/\($0)") }
  }
}
