import Fleet

/// What modprobe.d files and the kernel command line say about modules (modprobe.d(5)).
struct ModuleConfiguration: Sendable {
    /// Options of each module in the order they were given.
    private(set) var options: [ModuleName: [String]] = [:]
    private(set) var blacklist: Set<ModuleName> = []
    private(set) var softDependencies: [ModuleName: (before: [ModuleName], after: [ModuleName])] = [:]
    /// `install MODULE /bin/false`: the module can't be loaded.
    private(set) var disabled: Set<ModuleName> = []
    /// `alias PATTERN MODULE` lines that name a module.
    private(set) var aliases: [ModuleName: ModuleName] = [:]

    init(files: [String], commandLine: String) {
        for file in files {
            for line in file.split(separator: "\n").joined(continuations: "\\") { read(line) }
        }
        for argument in commandLine.split(separator: " ") { read(argument: argument) }
    }

    /// The configuration of a file system: kmod reads these directories, a file of the same name in an earlier one
    /// hides those in later ones, and all files count in the order of their names.
    init(_ files: NodeFiles, commandLine: String) {
        var paths: [String: String] = [:]
        for directory in ["/lib/modprobe.d", "/usr/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d"] {
            for name in files.list(directory) where name.hasSuffix(".conf") { paths[name] = "\(directory)/\(name)" }
        }
        let texts = paths.sorted { $0.key < $1.key }.compactMap { files.text($0.value) }
        self.init(files: texts, commandLine: commandLine)
    }

    private mutating func read(_ line: String) {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard let keyword = words.first, !keyword.hasPrefix("#"), words.count > 1, let module = ModuleName(words[1])
        else { return }
        switch keyword {
        case "options": options[module, default: []] += words.dropFirst(2).map(String.init)
        case "blacklist": blacklist.insert(module)
        case "softdep": addSoftDependency(module, words.dropFirst(2))
        case "install" where words.count > 2 && ["/bin/false", "/bin/true", "/usr/bin/false"].contains(words[2]):
            disabled.insert(module)
        case "alias": if words.count > 2, let target = ModuleName(words[2]) { aliases[module] = target }
        default: break
        }
    }

    private mutating func addSoftDependency(_ module: ModuleName, _ words: ArraySlice<Substring>) {
        var isBefore = true
        var lists: (before: [ModuleName], after: [ModuleName]) = ([], [])
        for word in words {
            switch word {
            case "pre:": isBefore = true
            case "post:": isBefore = false
            default:
                guard let name = ModuleName(word) else { continue }
                if isBefore { lists.before.append(name) } else { lists.after.append(name) }
            }
        }
        let present = softDependencies[module] ?? ([], [])
        softDependencies[module] = (present.before + lists.before, present.after + lists.after)
    }

    /// `module.option=value`, `modprobe.blacklist=` and the kernel's own `module_blacklist=`.
    private mutating func read(argument: Substring) {
        let parts = argument.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { return }
        switch parts[0] {
        case "modprobe.blacklist": blacklist.formUnion(parts[1].split(separator: ",").compactMap { ModuleName($0) })
        case "module_blacklist": disabled.formUnion(parts[1].split(separator: ",").compactMap { ModuleName($0) })
        default:
            let name = parts[0].split(separator: ".", maxSplits: 1)
            if name.count == 2, let module = ModuleName(name[0]) {
                options[module, default: []].append("\(name[1])=\(parts[1])")
            }
        }
    }

    /// The functions that vfio-pci takes by id: the last `ids=` counts, as for every module parameter.
    var vfioIDs: [PCIID] {
        let last = (options["vfio_pci"] ?? []).last { $0.hasPrefix("ids=") }
        return (last?.dropFirst(4) ?? "").split(separator: ",").compactMap { entry in
            let parts = entry.split(separator: ":")
            return parts.count < 2 ? nil : PCIID("\(parts[0]):\(parts[1])")
        }
    }
}

extension Sequence where Element == Substring {
    /// Lines with those that end in the mark joined to the next.
    fileprivate func joined(continuations mark: Character) -> [String] {
        var lines: [String] = []
        var isOpen = false
        for line in self {
            if isOpen { lines[lines.count - 1] += line } else { lines.append(String(line)) }
            isOpen = line.last == mark
            if isOpen { lines[lines.count - 1].removeLast() }
        }
        return lines
    }
}
