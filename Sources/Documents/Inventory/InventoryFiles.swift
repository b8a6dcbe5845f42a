import Fleet

extension InventoryDocument {
    /// Reads a file, or all inventory files of a directory (`*.yaml`, `*.yml`, `*.ini`, `*.cfg`, `hosts`), which make
    /// one inventory. Beside Ansible inventories, `group_vars` and `host_vars` are read too.
    public static func load(_ path: String) throws(InvalidDocument) -> Reading {
        var paths = [path]
        var base = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        if base.isEmpty { base = path.hasPrefix("/") ? "/" : "." }
        if DocumentFile.isDirectory(path) {
            base = path
            paths = try DocumentFile.list(path, types: ["yaml", "yml", "ini", "cfg"], kind: "inventory")
            let hosts = "\(path)/hosts"
            if DocumentFile.exists(hosts), !DocumentFile.isDirectory(hosts) { paths.append(hosts) }
        }
        guard !paths.isEmpty else {
            throw InvalidDocument([
                FleetError(
                    "inventory-empty", "The directory holds no inventory.", at: SourceLocation(file: path),
                    advice: "Inventories are named *.yaml, *.yml, *.ini, *.cfg or hosts.")
            ])
        }
        var sources: [Source] = []
        for path in paths { sources.append(Source(file: path, text: try DocumentFile.text(path, kind: "inventory"))) }
        return try parse(sources, variables: try variables(base))
    }

    /// The variable files beside an inventory, those for `all` first.
    private static func variables(_ base: String) throws(InvalidDocument) -> [VariableFile] {
        var files: [VariableFile] = []
        for name in try entries("\(base)/group_vars") {
            for source in try sources(name.path) { files.append(.init(owner: .group(name.owner), source: source)) }
        }
        for name in try entries("\(base)/host_vars") {
            for source in try sources(name.path) { files.append(.init(owner: .host(name.owner), source: source)) }
        }
        return files
    }

    /// `group_vars/gpu.yaml`, `group_vars/gpu` and the directory `group_vars/gpu/` all belong to `gpu`.
    private static func entries(_ directory: String) throws(InvalidDocument) -> [(owner: String, path: String)] {
        guard DocumentFile.isDirectory(directory) else { return [] }
        return try DocumentFile.list(directory, types: ["yaml", "yml", "json", ""], kind: "inventory").map { path in
            let file = path.split(separator: "/").last.map(String.init) ?? path
            let owner = [".yaml", ".yml", ".json"].reduce(file) {
                $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
            }
            return (owner, path)
        }
    }

    private static func sources(_ path: String) throws(InvalidDocument) -> [Source] {
        let paths =
            DocumentFile.isDirectory(path)
            ? try DocumentFile.list(path, types: ["yaml", "yml", "json", ""], kind: "inventory") : [path]
        var sources: [Source] = []
        for path in paths where !DocumentFile.isDirectory(path) {
            sources.append(Source(file: path, text: try DocumentFile.text(path, kind: "inventory")))
        }
        return sources
    }
}
