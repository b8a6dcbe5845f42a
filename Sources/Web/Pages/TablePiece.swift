internal import Forms

/// A cell of a table.
struct Cell {
    let content: Markup
    /// Classes: `brief` does not wrap, `wordy` is long, `mono`.
    let style: String
    let isHead: Bool

    init(_ content: Markup, _ style: String = "", isHead: Bool = false) {
        self.content = content
        self.style = style
        self.isHead = isHead
    }

    /// What its line is about.
    static func head(_ content: Markup) -> Cell { Cell(content, isHead: true) }
}

extension Piece {
    /// On narrow screens each line becomes a card, with its columns' names beside the cells; the roles keep it a table then,
    /// too.
    static func table(_ label: String, _ heads: [String], _ rows: [[Cell]], style: String = "") -> Markup {
        let columns: [Markup] = heads.map { "<th scope=\"col\" role=\"columnheader\">\($0)</th>" }
        let lines: [Markup] = rows.map { cells in
            let parts: [Markup] = zip(heads, cells).map { head, cell in
                cell.isHead
                    ? "<th scope=\"row\" role=\"rowheader\" class=\"\(cell.style)\"><div>\(cell.content)</div></th>"
                    : "<td role=\"cell\" data-label=\"\(head)\" class=\"\(cell.style)\"><div>\(cell.content)</div></td>"
            }
            return "<tr role=\"row\">\(parts)</tr>\n"
        }
        return """
            <div class="wide \(style)" tabindex="0" role="region" aria-label="\(label)"><table class="cards" role="table">
            <thead role="rowgroup"><tr role="row">\(columns)</tr></thead><tbody role="rowgroup">\(lines)</tbody></table></div>
            """
    }
}
