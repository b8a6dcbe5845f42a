internal import Fleet
internal import Foundation

/// Writes results to standard output and everything said about them to standard error.
struct Console: Sendable {
    /// Standard output.
    let terminal: Terminal
    /// Standard error.
    let errors: Terminal
    /// Standard input and standard error are terminals, so a person can be asked.
    let canAsk: Bool
    /// Only results and errors.
    let isQuiet: Bool

    init(noColor: Bool, quiet: Bool, environment: [String: String]) {
        terminal = .detect(STDOUT_FILENO, noColor: noColor, environment: environment)
        errors = .detect(STDERR_FILENO, noColor: noColor, environment: environment)
        canAsk = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
        isQuiet = quiet
    }

    /// A result: never coloured or shortened unless a person reads it.
    func write(_ text: String) { Self.emit(text, to: STDOUT_FILENO) }

    func writeLine(_ text: String = "") { write(text + "\n") }

    func write(_ table: Table) { write(table.render(for: terminal)) }

    func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    /// What a person wants to know beside the result; silent with `--quiet`.
    func note(_ text: String) {
        if !isQuiet { complain(text) }
    }

    /// What went wrong; never silent.
    func complain(_ text: String) { Self.emit(text + "\n", to: STDERR_FILENO) }

    /// What happens to `total` nodes, on standard error.
    func progress(of total: Int) -> Progress {
        Progress(total: total, terminal: errors, isQuiet: isQuiet) {
            Self.emit($0, to: STDERR_FILENO)
        }
    }

    /// Asks a yes-or-no question on the terminal; false at the end of input.
    func confirm(_ question: String) -> Bool {
        Self.emit("\(question) [y/N] ", to: STDERR_FILENO)
        let answer = answer()?.lowercased()
        return answer == "y" || answer == "yes"
    }

    /// Asks for a word on the terminal; nil at the end of input.
    func ask(_ question: String) -> String? {
        Self.emit("\(question) ", to: STDERR_FILENO)
        return answer()
    }

    /// At the end of input no key has ended the question's line.
    private func answer() -> String? {
        let line = readLine(strippingNewline: true)
        if line == nil { Self.emit("\n", to: STDERR_FILENO) }
        return line
    }

    private static func emit(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if written < 0, errno != EINTR, errno != EAGAIN {
                return  // the reader is gone; there is nobody left to tell
            }
        }
    }
}
