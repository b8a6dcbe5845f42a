import Fleet

/// The kernel lines of a generated `grub.cfg`, with the entries and submenus they stand in.
struct GrubMenu {
    static let file = "/boot/grub/grub.cfg"

    private(set) var entries: [BootEntry] = []
    /// The value after the last `set default=` that is not the one-shot choice.
    private(set) var standard: String?

    /// The submenus and the entry that are open, the outermost first.
    private var open: [MenuStep] = []
    /// How many entries each open level has had, the menu itself first.
    private var counts = [0]
    private var source: String?

    /// Each entry keeps the menus it stands in: a node could claim menus whose copies fill the memory.
    private static let depthLimit = 16
    private static let entryLimit = 4096

    /// Nil when there are more menus in each other, or more kernels, than on any real node.
    init?(_ content: Bytes) {
        for line in content.lines {
            let line = line.trimmed
            if line.equals("}") {
                close()
            } else if let (command, rest) = line.cutAtBlank() {
                read(command, rest.trimmed)
            }
            guard open.count <= Self.depthLimit, entries.count <= Self.entryLimit else { return nil }
        }
    }

    private mutating func read(_ command: Bytes, _ rest: Bytes) {
        if command.equals("menuentry") || command.equals("submenu") {
            enter(rest)
        } else if command.starts(with: "linux") {
            append(rest)
        } else if command.starts(with: "initrd"), !entries.isEmpty {
            entries[entries.count - 1].initrds += rest.words.map(\.text)
        } else if command.equals("set"), let value = rest.dropping("default=") {
            let value = Self.words(value).first ?? ""
            if !value.hasPrefix("${next_entry") { standard = value }
        } else if command.equals("###"), let path = rest.dropping("BEGIN ") {
            source = path.words.first?.text
        }
    }

    private mutating func enter(_ rest: Bytes) {
        let words = Self.words(rest)
        let id = words.firstIndex { $0 == "$menuentry_id_option" || $0 == "--id" }.map { $0 + 1 }
        open.append(
            MenuStep(
                index: counts[counts.count - 1], title: words.first ?? "",
                id: id.flatMap { words.indices.contains($0) ? words[$0] : nil }))
        counts[counts.count - 1] += 1
        counts.append(0)
    }

    /// Braces of functions close nothing here.
    private mutating func close() {
        guard !open.isEmpty else { return }
        open.removeLast()
        counts.removeLast()
    }

    private mutating func append(_ line: Bytes) {
        let (kernel, arguments) = line.cutAtBlank() ?? (line, [])
        var entry = BootEntry(
            file: Self.file, title: open.last?.title ?? "", kernel: kernel, arguments: arguments.trimmed)
        entry.steps = open
        entry.source = source
        entries.append(entry)
    }

    /// Words with the quotes of GRUB's shell taken off, up to the opening brace.
    private static func words(_ text: Bytes) -> [String] {
        var words: [String] = []
        var rest = text.trimmed
        while let first = rest.first, first != UInt8(ascii: "{") {
            if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
                rest = rest.dropFirst()
                words.append(rest.take(until: first).text)
            } else {
                words.append(rest.take(until: UInt8(ascii: " ")).text)
            }
            rest = rest.trimmed
        }
        return words
    }
}
