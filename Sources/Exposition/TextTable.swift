/// Rows of cells, laid out in aligned columns.
struct TextTable {
  /// One column's title and side.
  struct Column {
    var title: String
    /// Numbers are set to the right.
    var isNumber: Bool
  }

  let columns: [Column]
  private var rows: [[String]] = []

  init(columns: [Column]) { self.columns = columns }

  /// Adds a row with one cell a column.
  mutating func add(_ cells: [String]) { rows.append(cells) }

  /// The lines, each ended by a newline and without blanks before it.
  func render() -> String {
    let lines = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in
      lines.map { TerminalText.width($0[column]) }.max() ?? 0
    }
    return lines.map { cells in
      var line = ""
      var owed = 0
      for (index, cell) in cells.enumerated() {
        let padding = widths[index] - TerminalText.width(cell)
        let before = owed + (columns[index].isNumber ? padding : 0)
        line += String(repeating: " ", count: before) + cell
        owed = 2 + (columns[index].isNumber ? 0 : padding)
      }
      return line + "\n"
    }.joined()
  }
}
