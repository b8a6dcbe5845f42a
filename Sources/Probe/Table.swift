import Fleet

/// A frame whose first line names its columns and whose further lines are rows, with tabs between cells.
struct Table {
    private var columns: [Bytes]
    private var body: Bytes

    /// Nil when it has no columns.
    init?(_ content: Bytes) {
        var rest = content
        columns = rest.take(until: UInt8(ascii: "\n")).parts(between: UInt8(ascii: "\t"))
        body = rest
        if columns.count == 1 && columns[0].isEmpty { return nil }
    }

    /// A column's place; a place beyond the last for one that this answer has not, which then is `absent` in every row.
    func column(_ name: StaticString) -> Int {
        columns.firstIndex { $0.equals(name) } ?? Int.max
    }

    /// Room for so many is made at once; what a node claims must not decide it.
    private static let usualCells = 1 << 14

    /// All rows; nil when one has another number of cells than there are columns.
    func rows() -> [Row]? {
        var cells: [Bytes] = []
        cells.reserveCapacity(min(columns.count * body.count { $0 == UInt8(ascii: "\n") }, Self.usualCells))
        for line in body.lines {
            let start = cells.count
            line.appendParts(between: UInt8(ascii: "\t"), to: &cells)
            guard cells.count == start + columns.count else { return nil }
        }
        return stride(from: 0, to: cells.count, by: columns.count).map { start in
            Row(cells: cells[start..<(start + columns.count)])
        }
    }

    struct Row {
        /// As many as there are columns, of the cells of all rows.
        let cells: ArraySlice<Bytes>

        /// The cell as it is written; empty where there is no such column.
        func bytes(_ column: Int) -> Bytes {
            column < cells.count ? cells[cells.startIndex + column] : []
        }

        subscript(column: Int) -> Cell {
            guard column < cells.count else { return .absent }
            let cell = cells[cells.startIndex + column]
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
