public import Fleet

/// Inventories: our own YAML files, and Ansible's YAML and INI ones as they are.
///
/// Which of the three a text is in shows in the text itself. Several files make one inventory.
public enum InventoryDocument {
    /// What was read, and what was left aside.
    public struct Reading: Hashable, Sendable {
        public var inventory: Inventory
        /// What was not understood and is harmless, such as Ansible variables with no meaning here.
        public var warnings: [FleetError]
        /// The files read, in order.
        public var files: [String]
    }

    /// A file's text under its name.
    public struct Source: Hashable, Sendable {
        public var file: String
        public var text: String

        public init(file: String, text: String) {
            self.file = file
            self.text = text
        }
    }

    public static func parse(_ text: String, file: String) throws(InvalidDocument) -> Reading {
        try parse([Source(file: file, text: text)])
    }

    /// - Throws: everything that is wrong in all of the files, with codes `inventory-…`; then nothing is imported.
    public static func parse(_ sources: [Source]) throws(InvalidDocument) -> Reading {
        try parse(sources, variables: [])
    }

    /// - Parameter variables: files of Ansible's `group_vars` and `host_vars`.
    static func parse(_ sources: [Source], variables: [VariableFile]) throws(InvalidDocument) -> Reading {
        let all = Diagnostics(file: sources.first?.file ?? "inventory", kind: "inventory")
        var draft = InventoryDraft()
        for source in sources {
            let diagnostics = Diagnostics(file: source.file, kind: "inventory")
            read(source, into: &draft, diagnostics)
            all.absorb(diagnostics)
        }
        for file in variables {
            let diagnostics = Diagnostics(file: file.source.file, kind: "inventory")
            AnsibleVariables.read(file, into: &draft, diagnostics)
            all.absorb(diagnostics)
        }
        let inventory = InventoryResolution.inventory(draft, all)
        try all.throwErrors()
        let files = sources.map(\.file) + variables.map(\.source.file)
        return Reading(inventory: inventory, warnings: all.warnings, files: files)
    }

    private static func read(_ source: Source, into draft: inout InventoryDraft, _ diagnostics: Diagnostics) {
        if AnsibleINI.isLikely(source.text, file: source.file) {
            AnsibleINI.read(source.text, into: &draft, diagnostics)
            return
        }
        guard let tree = YAMLTree.read(source.text, diagnostics) else { return }
        if AnsibleYAML.isLikely(tree) {
            AnsibleYAML.read(tree, into: &draft, diagnostics)
        } else {
            OwnInventory.read(tree, into: &draft, diagnostics)
        }
    }
}

/// A file of `group_vars` or `host_vars`.
struct VariableFile: Sendable {
    enum Owner: Sendable {
        case group(String)
        case host(String)
    }

    var owner: Owner
    var source: InventoryDocument.Source
}
