import Fleet

/// `/lib/modules/RELEASE` as depmod leaves it, so that kmod's own tools work on a node.
struct ModuleFiles {
    let database: ModuleDatabase

    /// - Parameter directory: where the files go, `/lib/modules/RELEASE`.
    func write(_ files: NodeFiles, directory: String) throws(LabError) {
        try writeDependencies(files, directory)
        try writeAliases(files, directory)
        try writeBuiltIn(files, directory)
        for name in ["modules.symbols.bin", "modules.builtin.alias.bin"] {
            try files.make("\(directory)/\(name)", bytes: ModuleIndex().bytes)
        }
        try files.make("\(directory)/modules.order", "")
        try files.make("\(directory)/modules.softdep", "# Soft dependencies extracted from modules themselves.\n")
        try files.make("\(directory)/modules.devname", "")
        try files.make("\(directory)/modules.builtin.modinfo", "")
    }

    private func writeDependencies(_ files: NodeFiles, _ directory: String) throws(LabError) {
        var text = ""
        var index = ModuleIndex()
        for module in database.modules.sorted() {
            let chain = database.chain(for: module).reversed().map { " " + database.path(of: $0) }.joined()
            let line = "\(database.path(of: module)):\(chain)"
            text += line + "\n"
            index.add(module.normalized, line)
            try files.make("\(directory)/\(database.path(of: module))", "")
        }
        try files.make("\(directory)/modules.dep", text)
        try files.make("\(directory)/modules.dep.bin", bytes: index.bytes)
    }

    private func writeAliases(_ files: NodeFiles, _ directory: String) throws(LabError) {
        var text = "# Aliases extracted from modules themselves.\n"
        var index = ModuleIndex()
        let override = (pattern: "vfio_pci:v*d*sv*sd*bc*sc*i*", module: Driver.vfio.module)
        for (order, alias) in (database.aliases + [override]).enumerated() {
            text += "alias \(alias.pattern) \(alias.module.normalized)\n"
            index.add(alias.pattern, alias.module.normalized, priority: order)
        }
        try files.make("\(directory)/modules.alias", text)
        try files.make("\(directory)/modules.alias.bin", bytes: index.bytes)
    }

    private func writeBuiltIn(_ files: NodeFiles, _ directory: String) throws(LabError) {
        var index = ModuleIndex()
        for module in database.builtIn { index.add(module.normalized, "") }
        let paths = database.builtIn.sorted().map { database.path(of: $0) + "\n" }.joined()
        try files.make("\(directory)/modules.builtin", paths)
        try files.make("\(directory)/modules.builtin.bin", bytes: index.bytes)
    }
}
