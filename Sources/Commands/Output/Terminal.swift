internal import Forms
internal import Foundation

/// One stream and what it can show: decided from the options, the environment and the file descriptor.
struct Terminal: Sendable {
    struct Size: Sendable {
        var columns: Int
        var rows: Int
    }

    var usesColor = false
    /// Lines can be drawn over: a person looks at it, and the cursor can be moved.
    var canRedraw = false
    /// What there is room for at this moment, for a window may be resized; nil = as wide as needed, for pipes and files.
    var size: @Sendable () -> Size? = { nil }

    /// Columns to lay tables out for; nil = as wide as needed.
    var width: Int? { size()?.columns }

    static func detect(_ descriptor: Int32, noColor: Bool, environment: [String: String]) -> Terminal {
        guard isatty(descriptor) == 1 else { return Terminal() }
        let isDumb = environment["TERM"].map { $0.isEmpty || $0 == "dumb" } ?? true
        // https://no-color.org: any non-empty value switches colour off.
        let refusesColor = noColor || !(environment["NO_COLOR"] ?? "").isEmpty
        let fallback = Size(
            columns: environment["COLUMNS"].flatMap(Int.init) ?? 80, rows: environment["LINES"].flatMap(Int.init) ?? 24)
        return Terminal(usesColor: !isDumb && !refusesColor, canRedraw: !isDumb) { window(descriptor) ?? fallback }
    }

    private static func window(_ descriptor: Int32) -> Size? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }
}

extension Style {
    fileprivate var sequence: String? {
        switch self {
        case .plain: nil
        case .good: "32"
        case .bad: "31"
        case .warning: "33"
        case .dim: "2"
        case .bold: "1"
        }
    }
}

extension Terminal {
    func styled(_ text: String, _ style: Style) -> String {
        guard usesColor, let sequence = style.sequence else { return text }
        return "\u{1B}[\(sequence)m\(text)\u{1B}[0m"
    }
}
