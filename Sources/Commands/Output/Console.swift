internal import Foundation

/// Writes results to standard output and everything said about them to standard error.
struct Console: Sendable {
    let terminal: Terminal

    /// A result: never coloured or shortened unless a person reads it.
    func write(_ text: String) { emit(text, to: STDOUT_FILENO) }

    func writeLine(_ text: String = "") { write(text + "\n") }

    /// What a person wants to know beside the result; silent with `--quiet`.
    func note(_ text: String) {
        if !terminal.isQuiet { emit(text + "\n", to: STDERR_FILENO) }
    }

    /// What went wrong; never silent.
    func complain(_ text: String) { emit(text + "\n", to: STDERR_FILENO) }

    func write(_ table: Table) { write(table.render(for: terminal)) }

    func writeJSON(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n")
    }

    /// A part of a line for the progress view.
    func writeError(_ text: String) { emit(text, to: STDERR_FILENO) }

    /// Asks a yes-or-no question on the terminal; false at the end of input.
    func confirm(_ question: String) -> Bool {
        emit("\(question) [y/N] ", to: STDERR_FILENO)
        let answer = readLine(strippingNewline: true)?.lowercased()
        return answer == "y" || answer == "yes"
    }

    private func emit(_ text: String, to descriptor: Int32) {
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
