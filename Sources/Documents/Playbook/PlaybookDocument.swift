public import Fleet

/// Playbooks as YAML.
public enum PlaybookDocument {
    /// - Throws: everything that is wrong, with codes `playbook-…`.
    public static func parse(_ text: String, file: String) throws(InvalidDocument) -> Playbook {
        let diagnostics = Diagnostics(file: file, kind: "playbook")
        let playbook = read(text, diagnostics)
        try diagnostics.throwErrors()
        guard let playbook else {
            throw InvalidDocument([
                FleetError("playbook-empty", "The document is empty.", at: SourceLocation(file: file))
            ])
        }
        return playbook
    }

    /// Reads one file.
    public static func load(_ path: String) throws(InvalidDocument) -> Playbook {
        try parse(try text(of: path), file: path)
    }

    /// A file's text, which need not be right.
    public static func text(of path: String) throws(InvalidDocument) -> String {
        try DocumentFile.text(path, kind: "playbook")
    }

    private static func read(_ text: String, _ diagnostics: Diagnostics) -> Playbook? {
        YAMLTree.read(text, diagnostics).flatMap { read($0, diagnostics) }
    }

    /// Nil, or a playbook that counts only when nothing was reported.
    static func read(_ tree: Tree, _ diagnostics: Diagnostics) -> Playbook? {
        guard let fields = PlaybookKeys.document.open(tree, diagnostics) else { return nil }
        let playbook = Playbook(
            name: fields[PlaybookKeys.name] ?? "", summary: fields[PlaybookKeys.summary],
            nodes: fields[PlaybookKeys.nodes] ?? "all", settings: fields.changes.applied(to: NodeSettings()),
            overrides: fields[PlaybookKeys.overrides] ?? [], rollout: fields[PlaybookKeys.rollout] ?? .init())
        if diagnostics.errors.isEmpty { PlaybookCheck(playbook, tree, diagnostics).run() }
        return playbook
    }
}
