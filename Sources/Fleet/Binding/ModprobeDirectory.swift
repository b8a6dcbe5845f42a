/// The files of `/etc/modprobe.d` together, as kmod joins them: by name, later options after earlier ones.
struct ModprobeDirectory {
    static let path = "/etc/modprobe.d/"

    private(set) var files: [(path: String, content: ModprobeFile)]
    private let configuration: ModprobeConfiguration?

    init(_ files: NodeFiles, _ facts: ModuleFacts) {
        self.files = files.modprobe
        configuration = facts.configuration.value
    }

    func file(_ path: String) -> ModprobeFile { files.first { $0.path == path }?.content ?? ModprobeFile([]) }

    /// The file a module is blacklisted in, other than `own`; `modprobe --showconfig` stands for files elsewhere.
    func blacklisting(_ module: ModuleName, besides own: String? = nil) -> String? {
        if let file = files.first(where: { $0.path != own && $0.content.blacklists(module) }) { return file.path }
        guard own == nil, configuration?.blacklist.contains(module) == true else { return nil }
        return "modprobe's configuration"
    }

    /// Whether modprobe never loads it by alias, or runs a command in its place that loads nothing.
    func keepsOut(_ module: ModuleName) -> Bool {
        if blacklisting(module) != nil { return true }
        let command = configuration?.install[module] ?? ""
        return command.hasSuffix("/false") || command.hasSuffix("/true")
    }

    /// The line whose `ids=` the kernel uses: the last one, since a later parameter replaces an earlier one.
    func effectiveIDs(besides own: String? = nil) -> (path: String, ids: [String])? {
        files.reduce(nil) { last, file in
            guard file.path != own else { return last }
            return file.content.vfioIDs.map { (file.path, $0) } ?? last
        }
    }

    /// Whether vfio-pci is told to stay out of VGA arbitration.
    func disablesVGA(besides own: String? = nil) -> Bool {
        let values = files.filter { $0.path != own }.flatMap { $0.content.vfioOptions }
            .compactMap { $0.value(of: "disable_vga")?.value }
        return values.last.map { ["1", "y", "Y"].contains($0) } ?? false
    }

    /// kmod uses the first softdep line it meets for a module.
    func softdep(of module: ModuleName, besides own: String? = nil) -> (path: String, pre: [ModuleName])? {
        for file in files where file.path != own {
            if let line = file.content.softdep(of: module) { return (file.path, line.pre) }
        }
        return nil
    }
}

extension StringProtocol {
    /// The entries of a value of `ids=`, which the kernel reads without the blanks around them.
    var idEntries: [String] {
        split { $0 == "," || $0 == "\"" }.map { String(Substring($0).trimmedBlanks) }.filter { !$0.isEmpty }
    }
}

extension ModprobeFile {
    /// The ids of the last `ids=` of this file, as they are written; nil = there is none.
    var vfioIDs: [String]? {
        guard let value = vfioOptions.reversed().lazy.compactMap({ $0.value(of: "ids")?.value }).first else {
            return nil
        }
        return value.idEntries
    }
}
