/// A run of text with a meaning; the meaning becomes a colour only where colours are shown.
package enum Style: Sendable {
    case plain
    case good
    case bad
    case warning
    case dim
    case bold
}

extension Style {
    /// The class that style sheets colour it by.
    package var cssClass: String {
        switch self {
        case .plain: "plain"
        case .good: "good"
        case .bad: "bad"
        case .warning: "warning"
        case .dim: "dim"
        case .bold: "bold"
        }
    }
}
