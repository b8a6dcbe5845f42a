import Fleet

/// Boot Loader Specification entries, as `grep -H ''` shows them: `PATH:key value`.
enum LoaderEntries {
    static func entries(_ content: Bytes) -> [BootEntry] {
        var drafts: [Draft] = []
        for line in content.lines {
            guard let (path, setting) = line.cut(at: UInt8(ascii: ":")) else { continue }
            if drafts.last?.file != path { drafts.append(Draft(file: path)) }
            drafts[drafts.count - 1].apply(setting.trimmed)
        }
        return drafts.compactMap(\.entry)
    }

    /// What an entry's lines say, in whatever order they come.
    private struct Draft {
        let file: Bytes
        private var title: Bytes = []
        private var release: Bytes?
        private var kernel: Bytes?
        private var options: [Bytes] = []
        private var initrds: [String] = []

        init(file: Bytes) { self.file = file }

        mutating func apply(_ setting: Bytes) {
            guard let (key, rest) = setting.cutAtBlank() else { return }
            let value = rest.trimmed
            if key.equals("title") {
                title = value
            } else if key.equals("version"), release == nil {
                release = value
            } else if key.equals("linux") {
                kernel = value
            } else if key.equals("options") {
                options.append(value)
            } else if key.equals("initrd") {
                initrds += value.words.map(\.text)
            }
        }

        /// Nil when it starts no kernel.
        var entry: BootEntry? {
            guard let kernel, !kernel.isEmpty else { return nil }
            var entry = BootEntry(
                file: file.text, title: title.text, kernel: kernel,
                arguments: Bytes(options.joined(separator: [UInt8(ascii: " ")])))
            if let release { entry.release = release.text }
            entry.initrds = initrds
            return entry
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
