/// Comma-separated values, by RFC 4180.
enum CSV {
    typealias Column<Row> = (name: String, text: @Sendable (Row) -> String)

    static func render<Row>(_ rows: [Row], _ columns: [Column<Row>]) -> String {
        ([columns.map(\.name)] + rows.map { row in columns.map { $0.text(row) } })
            .map { fields in fields.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// With a quote before what a spreadsheet would take for a formula.
    static func field(_ text: String) -> String {
        let guarded = text.first.map { "=+-@".contains($0) && text.count > 1 ? "'" + text : text } ?? text
        guard guarded.contains(where: { ",\"\r\n".contains($0) }) else { return guarded }
        return "\"" + guarded.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
