/// `/etc/modules` or a file of `/etc/modules-load.d`: one module a line, `#` and `;` begin comments.
struct ModulesFile: Hashable, Sendable {
    let bytes: [UInt8]
    let modules: [ModuleName]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        modules = bytes.lineRanges.compactMap { line in
            guard let word = placedWords(of: bytes, in: line).first?.text, !word.hasPrefix("#"), !word.hasPrefix(";")
            else { return nil }
            return ModuleName(word)
        }
    }

    func adding(_ wanted: [ModuleName]) -> [UInt8] {
        wanted.reduce(bytes) { $0.appendingLine($1.description) }
    }
}
