import Fleet

/// A frame whose first line names its columns and whose further lines are rows, with tabs between cells.
struct Table {
    private var columns: [Bytes]
    private var body: Bytes

    /// Nil when it has no columns.
    init?(_ content: Bytes) {
        var rest = content
        columns = rest.take(until: UInt8(ascii: "\n")).split(
            separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        body = rest
        if columns.count == 1 && columns[0].isEmpty { return nil }
    }

    /// A column's place; a place beyond the last for one that this answer has not, which then is `absent` in every row.
    func column(_ name: StaticString) -> Int {
        columns.firstIndex { $0.equals(name) } ?? Int.max
    }

    /// All rows; nil when one has another number of cells than there are columns.
    func rows() -> [Row]? {
        var rows: [Row] = []
        for line in body.lines {
            let cells = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
            guard cells.count == columns.count else { return nil }
            rows.append(Row(cells: cells))
        }
        return rows
    }

    struct Row {
        var cells: [Bytes]

        subscript(column: Int) -> Cell {
            guard column < cells.count else { return .absent }
            let cell = cells[column]
            if cell.count == 1 {
                if cell.first == UInt8(ascii: "-") { return .absent }
                if cell.first == UInt8(ascii: "?") { return .unreadable }
            }
            return .value(cell)
        }
    }

    enum Cell {
        case value(Bytes)
        /// There is no such file.
        case absent
        case unreadable

        var value: Bytes? {
            if case .value(let bytes) = self { bytes } else { nil }
        }
    }
}
