/// A place in a text file, as editors count it: line and column start at 1, columns are characters.
package struct Position: Sendable, Hashable {
  /// The line, from 1.
  package let line: Int
  /// The character in the line, from 1.
  package let column: Int
}
