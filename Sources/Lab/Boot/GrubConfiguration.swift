/// A generated `grub.cfg`: what its default entry boots.
struct GrubConfiguration {
    struct Entry: Equatable {
        var title: String
        var id: String
        /// The kernel's path.
        var kernel: String
        /// The command line that GRUB gives the kernel, without `BOOT_IMAGE=`.
        var arguments: String
        var initrd: String?
    }

    let entries: [Entry]
    private let defaultEntry: String

    /// - Parameter environment: the text of `grubenv`.
    init(_ text: String, environment: String) {
        var entries: [Entry] = []
        var variables: [String: String] = [:]
        for line in environment.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        var chosen = "0"
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let first = words.first else { continue }
            switch first {
            case "set" where line.contains("default="): chosen = Self.value(line, variables)
            case "menuentry": entries.append(Self.entry(line))
            case "linux" where words.count > 1 && !entries.isEmpty:
                entries[entries.count - 1].kernel = String(words[1])
                entries[entries.count - 1].arguments = GrubWords(line).commandLine
            case "initrd" where words.count > 1 && !entries.isEmpty:
                entries[entries.count - 1].initrd = String(words[1])
            default: break
            }
        }
        self.entries = entries
        defaultEntry = variables["next_entry"] ?? chosen
    }

    private static func value(_ line: Substring, _ variables: [String: String]) -> String {
        let quoted = line.split(separator: "\"", omittingEmptySubsequences: false)
        let value = quoted.count > 1 ? String(quoted[1]) : ""
        return value == "${saved_entry}" ? variables["saved_entry"] ?? "0" : value
    }

    private static func entry(_ line: Substring) -> Entry {
        let quoted = line.split(separator: "'", omittingEmptySubsequences: false)
        let title = quoted.count > 1 ? String(quoted[1]) : ""
        return Entry(title: title, id: quoted.count > 3 ? String(quoted[3]) : "", kernel: "", arguments: "")
    }

    /// The entry that boots: by number, title or identifier, the first when none fits. Nil = there is none.
    var booted: Entry? {
        let last = defaultEntry.split(separator: ">").last.map(String.init) ?? defaultEntry
        if let number = Int(last), entries.indices.contains(number) { return entries[number] }
        return entries.first { $0.title == last || $0.id == last } ?? entries.first
    }
}
