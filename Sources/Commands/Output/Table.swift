internal import Forms

/// Columns of text for people. In a pipe every cell is whole; on a terminal the widest flexible column gives way.
struct Table {
    struct Column {
        var title: String
        /// May be shortened with `…` when the terminal is too narrow.
        var isFlexible: Bool
        var alignsRight: Bool
        /// Left out, from the right, when the terminal is too narrow even for shortened cells.
        var isDispensable: Bool

        init(_ title: String, flexible: Bool = false, right: Bool = false, dispensable: Bool = false) {
            self.title = title
            isFlexible = flexible
            alignsRight = right
            isDispensable = dispensable
        }
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = text
            self.style = style
        }
        init(stringLiteral value: String) { self.init(value) }
    }

    private var columns: [Column]
    private var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The table's lines, with a header line; none when it has no rows.
    func render(for terminal: Terminal) -> String {
        guard !rows.isEmpty else { return "" }
        if let index = superfluousColumn(terminal.width) { return without(index).render(for: terminal) }
        let widths = fittedWidths(terminal.width)
        let header = line(columns.map { Cell($0.title, .bold) }, widths, terminal)
        return ([header] + rows.map { line($0, widths, terminal) }).map { $0 + "\n" }.joined()
    }

    private static let gap = 2
    /// To which a flexible column can be shortened.
    private static let leastWidth = 8

    private func wholeWidths() -> [Int] {
        columns.indices.map { index in
            rows.reduce(columns[index].title.displayWidth) { widest, row in
                index < row.count ? max(widest, row[index].text.displayWidth) : widest
            }
        }
    }

    private func total(_ widths: [Int]) -> Int { widths.reduce(0, +) + Self.gap * (widths.count - 1) }

    private func superfluousColumn(_ limit: Int?) -> Int? {
        guard let limit else { return nil }
        let least = zip(columns, wholeWidths()).map { $0.isFlexible ? min($1, Self.leastWidth) : $1 }
        return total(least) > limit ? columns.lastIndex(where: \.isDispensable) : nil
    }

    private func without(_ index: Int) -> Table {
        var table = self
        table.columns.remove(at: index)
        for row in table.rows.indices where index < table.rows[row].count { table.rows[row].remove(at: index) }
        return table
    }

    private func fittedWidths(_ limit: Int?) -> [Int] {
        var widths = wholeWidths()
        guard let limit else { return widths }
        while total(widths) > limit,
            let widest = columns.indices.filter({ columns[$0].isFlexible && widths[$0] > Self.leastWidth }).max(by: {
                widths[$0] < widths[$1]
            })
        {
            widths[widest] -= 1
        }
        return widths
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ terminal: Terminal) -> String {
        var parts: [String] = []
        for (index, cell) in cells.enumerated() {
            let text = cell.text.shortened(to: widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.displayWidth)
            let styled = terminal.styled(text, cell.style)
            let isLast = index == cells.count - 1
            parts.append(columns[index].alignsRight ? padding + styled : isLast ? styled : styled + padding)
        }
        return parts.joined(separator: String(repeating: " ", count: Self.gap))
    }
}
