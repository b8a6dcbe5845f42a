import Foundation

/// One command as it was run on a real Proxmox VE 8.4, with what it printed.
struct Recording {
    /// `012-set-100-short`
    let name: String
    let words: [String]
    let exitCode: Int32
    let output: [UInt8]
    let errors: [UInt8]

    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")

    static func all() throws -> [Recording] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
            .filter { $0.hasSuffix(".txt") }
            .map { try Recording(file: $0) }
    }

    private init(file: String) throws {
        let data = try Data(contentsOf: Self.directory.appending(path: file))
        let bytes = [UInt8](data)
        let (command, rest) = try Self.cut(bytes, at: "\n--- exit ", file)
        let (status, text) = try Self.cut(rest, at: "\n--- stdout\n", file)
        let (output, errors) = try Self.cut([0x0a] + text, at: "\n--- stderr\n", file)
        name = String(file.dropLast(4))
        words = Self.words(String(decoding: command.dropFirst(2), as: UTF8.self))
        exitCode = Int32(String(decoding: status, as: UTF8.self)) ?? -1
        self.output = output.isEmpty ? [] : Array(output.dropFirst()) + (output.count > 1 ? [0x0a] : [])
        self.errors = errors
    }

    private static func cut(_ bytes: [UInt8], at mark: String, _ file: String) throws -> ([UInt8], [UInt8]) {
        guard let range = bytes.firstRange(of: Array(mark.utf8)) else {
            throw CocoaError(.fileReadCorruptFile, userInfo: [NSFilePathErrorKey: file])
        }
        return (Array(bytes[..<range.lowerBound]), Array(bytes[range.upperBound...]))
    }

    /// Undoes bash's `printf %q`: backslashes, `''` and `$'…'`.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        var rest = text[...]
        while let character = rest.popFirst() {
            if isQuoted, character == "'" {
                isQuoted = false
            } else if isQuoted {
                word.append(
                    character == "\\" && rest.first == "n"
                        ? {
                            _ = rest.popFirst()
                            return "\n"
                        }() : character)
            } else if character == "\\", let next = rest.popFirst() {
                word.append(next)
            } else if character == "'" {
                isQuoted = true
            } else if character == "$", rest.first == "'" {
                continue
            } else if character == " " {
                words.append(word)
                word = ""
            } else {
                word.append(character)
            }
        }
        return words + [word]
    }
}
