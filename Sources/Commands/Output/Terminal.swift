internal import Foundation

/// Where output goes and what it can show: decided once, from the options, the environment and the file descriptors.
struct Terminal: Sendable {
    /// Standard output is a terminal.
    var isInteractive: Bool
    /// Standard input and standard error are terminals, so a person can be asked.
    var canAsk: Bool
    var usesColor: Bool
    /// Columns to lay tables out for; nil = as wide as needed, for pipes and files.
    var width: Int?
    var isQuiet: Bool

    static func detect(noColor: Bool, quiet: Bool, environment: [String: String]) -> Terminal {
        let interactive = isatty(STDOUT_FILENO) == 1
        let dumb = environment["TERM"].map { $0.isEmpty || $0 == "dumb" } ?? true
        // https://no-color.org: any non-empty value switches colour off.
        let refused = noColor || !(environment["NO_COLOR"] ?? "").isEmpty
        return Terminal(
            isInteractive: interactive,
            canAsk: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            usesColor: interactive && !dumb && !refused,
            width: interactive ? columns(environment) : nil,
            isQuiet: quiet)
    }

    private static func columns(_ environment: [String: String]) -> Int {
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return environment["COLUMNS"].flatMap(Int.init) ?? 80
    }
}

/// A run of text with a meaning; the meaning becomes a colour only where colours are shown.
enum Style: Sendable {
    case plain
    case good
    case bad
    case warning
    case dim
    case bold

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
