/// Rows of cells, laid out in aligned columns.
struct TextTable {
  /// One column's title, side, and what may be done to it where there is no room.
  struct Column {
    var title: String
    /// Numbers are set to the right.
    var isNumber = false
    /// The columns that it may be cut down to; nil is never cut.
    var minimumWidth: Int?
    /// Left out where there is no room for all, the highest first; nil is never left out.
    var dispensability: Int?

    init(
      _ title: String, isNumber: Bool = false, minimumWidth: Int? = nil,
      dispensability: Int? = nil
    ) {
      self.title = title
      self.isNumber = isNumber
      self.minimumWidth = minimumWidth
      self.dispensability = dispensability
    }
  }

  /// One cell; its text is harmless to a terminal already.
  struct Cell: ExpressibleByStringInterpolation {
    var text: String
    var style: TerminalStyle.Emphasis?

    init(_ text: String, _ style: TerminalStyle.Emphasis? = nil) {
      self.text = text
      self.style = style
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  private static let gap = 2

  private let columns: [Column]
  private var rows: [[Cell]] = []

  init(columns: [Column]) { self.columns = columns }

  /// Adds a row with one cell a column.
  mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// The lines, each ended by a newline and without blanks before it, and the titles of columns that
  /// were left out for lack of room.
  func render(_ style: TerminalStyle) -> (text: String, leftOut: [String]) {
    let header = columns.map { Cell($0.title, .strong) }
    var widths = columns.indices.map { column in
      ([header] + rows).map { TerminalText.width(style.shown($0[column].text)) }.max() ?? 0
    }
    let shown = fit(&widths, into: style.width)
    var text = ""
    for cells in [header] + rows {
      var owed = 0
      for column in shown {
        let cell = cells[column]
        let content = style.truncated(cell.text, to: widths[column])
        let padding = widths[column] - TerminalText.width(content)
        let before = owed + (columns[column].isNumber ? padding : 0)
        text += String(repeating: " ", count: before) + style.apply(cell.style, to: content)
        owed = Self.gap + (columns[column].isNumber ? 0 : padding)
      }
      text += "\n"
    }
    let leftOut = columns.indices.filter { !shown.contains($0) }.map { columns[$0].title }
    return (text, leftOut)
  }

  /// Cuts the widest names first; where that is not enough, leaves out what matters least.
  private func fit(_ widths: inout [Int], into limit: Int?) -> [Int] {
    var shown = Array(columns.indices)
    guard let limit else { return shown }
    let full = widths
    while true {
      let taken = shown.reduce(-Self.gap) { $0 + widths[$1] + Self.gap }
      if taken <= limit { return shown }
      let cuttable = shown.filter { widths[$0] > columns[$0].minimumWidth ?? .max }
      if let widest = cuttable.max(by: { widths[$0] < widths[$1] }) {
        widths[widest] -= 1
        continue
      }
      let leastWanted = shown.filter { columns[$0].dispensability != nil }.max {
        columns[$0].dispensability ?? 0 < columns[$1].dispensability ?? 0
      }
      guard let leastWanted else { return shown }
      shown.removeAll { $0 == leastWanted }
      // What is left may have room for its whole names now.
      widths = full
    }
  }
}
