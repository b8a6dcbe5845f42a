/// `/etc/kernel/cmdline`: `proxmox-boot-tool refresh` takes the first line, and refuses one without `root=`.
struct KernelCommandLineFile: Hashable, Sendable {
    static let path = "/etc/kernel/cmdline"

    enum Problem: String, Error, Hashable, Sendable {
        case absent
        /// Text after the first line, which the boot tool would leave out.
        case severalLines
        case noRoot
    }

    let bytes: [UInt8]
    let words: [PlacedWord]

    init(_ bytes: [UInt8]?) throws(Problem) {
        guard let bytes else { throw .absent }
        let lines = bytes.lineRanges
        guard lines.dropFirst().allSatisfy({ Self.words(of: bytes, in: $0).isEmpty }) else { throw .severalLines }
        let words = lines.first.map { Self.words(of: bytes, in: $0) } ?? []
        guard words.contains(where: { $0.text.hasPrefix("root=") }) else { throw .noRoot }
        self.bytes = bytes
        self.words = words
    }

    /// The kernel takes a carriage return for a blank.
    private static func words(of bytes: [UInt8], in line: Range<Int>) -> [PlacedWord] {
        placedWords(of: bytes, in: line) { Byte.isBlank($0) || $0 == UInt8(ascii: "\r") }
    }

    var tokens: [String] { words.map(\.text) }

    /// The bytes with every wanted argument on the line, and no token that contradicts one.
    func setting(_ wanted: [KernelArgument]) -> [UInt8] {
        let comparison = KernelArgumentComparison(tokens: tokens, wanted: wanted)
        var missing = comparison.missing
        var edits: [ByteEdit] = []
        for conflict in comparison.conflicts {
            let replacement = missing.first { $0 == conflict.wanted }
            missing.removeAll { $0 == replacement }
            edits.append(replacement.map { replace(conflict.index, with: $0) } ?? remove(conflict.index))
        }
        let end = words.last?.range.upperBound ?? 0
        edits += missing.map { ByteEdit(insertingAt: end, " \($0)") }
        return bytes.applying(edits)
    }

    private func replace(_ index: Int, with argument: KernelArgument) -> ByteEdit {
        ByteEdit(replacing: words[index].range, with: argument.description)
    }

    /// Takes the blanks before the token along; the first token's blanks are those after it.
    private func remove(_ index: Int) -> ByteEdit {
        let range = words[index].range
        if index > 0 { return ByteEdit(replacing: words[index - 1].range.upperBound..<range.upperBound, with: "") }
        let end = words.count > 1 ? words[1].range.lowerBound : range.upperBound
        return ByteEdit(replacing: range.lowerBound..<end, with: "")
    }
}
