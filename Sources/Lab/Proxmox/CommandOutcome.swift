/// What a program leaves behind: its exit status and the bytes it printed.
///
/// Bytes and not text, since Proxmox prints a description as Latin-1 where it can (Perl without an output layer).
public struct CommandOutcome: Sendable, Equatable {
    public var exitCode: Int32
    public var standardOutput: [UInt8]
    public var standardError: [UInt8]

    public init(exitCode: Int32, standardOutput: [UInt8] = [], standardError: [UInt8] = []) {
        self.exitCode = exitCode
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// The output as text; bytes that are no UTF-8 are replaced.
    public var outputText: String { String(decoding: standardOutput, as: UTF8.self) }
    /// The messages as text; bytes that are no UTF-8 are replaced.
    public var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// Gathers what a command prints until it ends.
struct Console {
    private(set) var output: [UInt8] = []
    private(set) var errors: [UInt8] = []

    /// Prints as Perl does: one byte for each character where all fit, UTF-8 otherwise.
    mutating func print(_ text: String) { output += perlBytes(text) }
    /// Prints UTF-8, as the JSON and table writers do.
    mutating func printUTF8(_ text: String) { output += Array(text.utf8) }
    mutating func warn(_ text: String) { errors += Array(text.utf8) }
}
