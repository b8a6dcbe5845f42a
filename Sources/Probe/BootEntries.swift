import Fleet

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
