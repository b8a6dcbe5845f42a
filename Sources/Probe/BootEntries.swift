import Fleet

/// The kernel lines of a generated `grub.cfg`, with the titles of the entries they stand in.
enum GrubMenu {
    static let file = "/boot/grub/grub.cfg"

    static func entries(_ content: Bytes) -> [BootEntry] {
        var entries: [BootEntry] = []
        var title = ""
        for line in content.lines {
            let line = line.trimmed
            guard let (command, rest) = line.cutAtBlank() else { continue }
            if command.equals("menuentry") {
                title = quoted(rest)
            } else if command.starts(with: "linux") {
                append(rest.trimmed, title, to: &entries)
            } else if command.starts(with: "initrd"), !entries.isEmpty {
                entries[entries.count - 1].initrds += rest.words.map(\.text)
            }
        }
        return entries
    }

    private static func append(_ line: Bytes, _ title: String, to entries: inout [BootEntry]) {
        let (kernel, arguments) = line.cutAtBlank() ?? (line, [])
        entries.append(BootEntry(file: file, title: title, kernel: kernel, arguments: arguments.trimmed))
    }

    /// The first word, in single or double quotes.
    private static func quoted(_ text: Bytes) -> String {
        let text = text.trimmed
        guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            return text.words.first?.text ?? ""
        }
        return text.dropFirst().prefix { $0 != quote }.text
    }
}

/// Boot Loader Specification entries, as `grep -H ''` shows them: `PATH:key value`.
enum LoaderEntries {
    static func entries(_ content: Bytes) -> [BootEntry] {
        var entries: [BootEntry] = []
        for line in content.lines {
            guard let (path, setting) = line.cut(at: UInt8(ascii: ":")) else { continue }
            let file = path.text
            if entries.last?.file != file {
                entries.append(BootEntry(file: file, title: "", kernel: [], arguments: []))
            }
            apply(setting.trimmed, to: &entries[entries.count - 1])
        }
        return entries.filter { !$0.kernel.isEmpty }
    }

    private static func apply(_ setting: Bytes, to entry: inout BootEntry) {
        guard let (key, rest) = setting.cutAtBlank() else { return }
        let value = rest.trimmed
        if key.equals("title") {
            entry.title = value.text
        } else if key.equals("version"), entry.release == nil {
            entry.release = value.text
        } else if key.equals("linux") {
            let release = entry.release
            entry = BootEntry(
                file: entry.file, title: entry.title, kernel: value, arguments: Array(entry.arguments.utf8)[...])
            entry.release = release ?? entry.release
        } else if key.equals("options") {
            entry.arguments += (entry.arguments.isEmpty ? "" : " ") + value.text
        } else if key.equals("initrd") {
            entry.initrds += value.words.map(\.text)
        }
    }
}

extension BootEntry {
    init(file: String, title: String, kernel: Bytes, arguments: Bytes) {
        let name = kernel.lastIndex(of: UInt8(ascii: "/")).map { kernel[($0 + 1)...] } ?? kernel
        self.init(
            file: file, title: title, kernel: kernel.text, release: name.dropping("vmlinuz-").map(\.text),
            arguments: arguments.text, initrds: [],
            isRecovery: Array(title.utf8)[...].contains(text: "recovery mode")
                || arguments.words.contains { $0.equals("single") })
    }
}
