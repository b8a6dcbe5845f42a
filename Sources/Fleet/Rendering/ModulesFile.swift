/// `/etc/modules` or a file of `/etc/modules-load.d`: one module a line, `#` and `;` begin comments.
struct ModulesFile: Hashable, Sendable {
    struct Entry: Hashable, Sendable {
        var module: ModuleName
        var word: PlacedWord
    }

    let bytes: [UInt8]
    let entries: [Entry]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        entries = bytes.lineRanges.compactMap { line in
            guard let start = line.first(where: { !Byte.isBlank(bytes[$0]) }), bytes[start] != Byte.hash,
                bytes[start] != Byte.semicolon
            else { return nil }
            let end = line[start...].first { Byte.isBlank(bytes[$0]) } ?? line.upperBound
            let word = PlacedWord(text: String(decoding: bytes[start..<end], as: UTF8.self), range: start..<end)
            return ModuleName(word.text).map { Entry(module: $0, word: word) }
        }
    }

    var modules: [ModuleName] { entries.map(\.module) }

    func adding(_ wanted: [ModuleName]) -> [UInt8] {
        wanted.reduce(bytes) { $0.appendingLine($1.description) }
    }
}
