import Fleet

extension FactsReader {
    mutating func readModules() {
        let parts = ["modules-loaded", "modules-builtin", "modprobe-config", "dkms"]
        facts.modules = remembered("modules", of: parts) { $0.modules() }
    }

    private func modules() -> ModuleFacts {
        ModuleFacts(
            loaded: fact("modules-loaded") { Self.names($0.lines) },
            builtIn: known("modules-builtin", whenAbsent: nil) { Self.moduleFiles($0) }.flatMap {
                $0.map { .known($0) } ?? .unknown(Unknown(.unreadable, "The kernel's modules.builtin is not there."))
            },
            configuration: fact("modprobe-config") { Self.configuration($0) },
            builtHere: fact("dkms") { content in
                content.lines.map(\.text).filter { !$0.isEmpty }.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
            })
    }

    private static func names(_ lines: some Sequence<Bytes>) -> Set<ModuleName>? {
        var names: Set<ModuleName> = []
        names.reserveCapacity(256)
        for line in lines where !line.isEmpty {
            guard let name = ModuleName(ascii: line) else { return nil }
            names.insert(name)
        }
        return names
    }

    /// Names from paths such as `kernel/drivers/vfio/vfio.ko.zst`.
    static func moduleFiles(_ content: Bytes) -> Set<ModuleName>? {
        var names: Set<ModuleName> = []
        for line in content.lines where !line.isEmpty {
            if let name = moduleFile(line) { names.insert(name) }
        }
        return names
    }

    static func moduleFile(_ path: Bytes) -> ModuleName? {
        let file = path.lastIndex(of: UInt8(ascii: "/")).map { path[($0 + 1)...] } ?? path
        guard let (name, rest) = file.cut(at: UInt8(ascii: ".")), rest.starts(with: "ko") else { return nil }
        return ModuleName(ascii: name)
    }

    /// Lines as `modprobe --showconfig` prints them. A line about a name that is none is passed over: it has no effect.
    private static func configuration(_ content: Bytes) -> ModprobeConfiguration {
        var configuration = ModprobeConfiguration()
        for line in content.lines {
            let words = line.words
            guard words.count >= 2, let module = ModuleName(ascii: words[1]) else { continue }
            let rest = words.dropFirst(2)
            if words[0].equals("blacklist") {
                configuration.blacklist.insert(module)
            } else if words[0].equals("softdep") {
                configuration.softdepPre[module, default: []] += modulesBefore(rest)
            } else if words[0].equals("options") {
                configuration.options[module, default: []] += rest.map(\.text)
            } else if words[0].equals("install") {
                configuration.install[module] = rest.map(\.text).joined(separator: " ")
            }
        }
        return configuration
    }

    /// `pre: a b post: c` gives `a b`.
    private static func modulesBefore(_ words: ArraySlice<Bytes>) -> [ModuleName] {
        var isBefore = false
        var modules: [ModuleName] = []
        for word in words {
            if word.equals("pre:") {
                isBefore = true
            } else if word.equals("post:") {
                isBefore = false
            } else if isBefore, let module = ModuleName(ascii: word) {
                modules.append(module)
            }
        }
        return modules
    }
}

extension Observed {
    func flatMap<Other>(_ transform: (Value) -> Observed<Other>) -> Observed<Other> {
        switch self {
        case .known(let value): transform(value)
        case .unknown(let why): .unknown(why)
        }
    }
}
