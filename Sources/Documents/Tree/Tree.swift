import Fleet

/// A document's content with the place of each part, before it means anything.
///
/// Scalars stay the text that was written: YAML 1.1 would make an integer of `01:00` and a truth value of `on`.
struct Tree: Sendable {
    indirect enum Content: Sendable {
        case scalar(Scalar)
        case sequence([Tree])
        case mapping([Entry])
    }

    struct Scalar: Sendable {
        var text: String
        /// Written without quotes.
        var isPlain: Bool

        /// `key:` with nothing after it, `~` or `null`.
        var isNull: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(text) }
    }

    struct Entry: Sendable {
        var key: String
        var keyLocation: SourceLocation
        var value: Tree
    }

    var content: Content
    var location: SourceLocation

    var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
    var sequence: [Tree]? { if case .sequence(let items) = content { items } else { nil } }
    var mapping: [Entry]? { if case .mapping(let entries) = content { entries } else { nil } }
    var isNull: Bool { scalar?.isNull ?? false }
    /// Nothing, or a text of no letters.
    var isEmptyOrNull: Bool { isNull || scalar?.text.isEmpty == true }

    subscript(key: String) -> Tree? { mapping?.first { $0.key == key }?.value }

    /// What it is, for a sentence: `“x”`, `a list`, `a mapping`, `nothing`.
    var inWords: String {
        switch content {
        case .scalar(let scalar) where scalar.isNull: "nothing"
        case .scalar(let scalar): quoted(scalar.text)
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// `“text”` for a message: cut when long, control characters made visible.
func quoted(_ text: some StringProtocol) -> String {
    let shown = text.unicodeScalars.prefix(80).map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : String($0) }
    return "“\(shown.joined())\(text.unicodeScalars.count > 80 ? "…" : "")”"
}
