import Fleet

/// Ansible's INI inventories: `[group]`, `[group:vars]`, `[group:children]`.
struct AnsibleINI {
    private enum Section {
        case hosts(String)
        case variables(String)
        case children(String)
        /// After a header that was refused.
        case skipped
    }

    private let diagnostics: Diagnostics
    private var section = Section.hosts("ungrouped")
    private var line = 0

    /// Whether a text is INI rather than YAML: by its first line that says something.
    static func isLikely(_ text: String, file: String) -> Bool {
        let isYAML = [".yaml", ".yml", ".json"].contains { file.lowercased().hasSuffix($0) }
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmed
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]"), !line.contains(where: { " ,\"{".contains($0) }) { return true }
            if line == "---" || line.hasPrefix("{") || line.hasSuffix(":") { return false }
            return !isYAML && !line.contains(": ")
        }
        return false
    }

    static func read(_ text: String, into draft: inout InventoryDraft, _ diagnostics: Diagnostics) {
        var reader = AnsibleINI(diagnostics: diagnostics)
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            reader.line += 1
            let content = withoutComment(line).trimmed
            guard !content.isEmpty else { continue }
            let column = line.prefix { $0 == " " || $0 == "\t" }.count + 1
            reader.read(String(content), column, into: &draft)
        }
    }

    private init(diagnostics: Diagnostics) { self.diagnostics = diagnostics }

    private mutating func read(_ content: String, _ column: Int, into draft: inout InventoryDraft) {
        let location = place(column)
        if content.hasPrefix("["), content.hasSuffix("]"), !content.contains("=") {
            return open(String(content.dropFirst().dropLast()), location, into: &draft)
        }
        switch section {
        case .hosts(let group): host(content, location, group, into: &draft)
        case .variables(let group): variable(content, location, group, into: &draft)
        case .children(let group):
            if group != "all" {
                draft.groups[group]?.children.append(Mention(name: content, location: location))
            }
            draft.extend(content, .init(location: location), diagnostics, mayRepeat: true)
        case .skipped: break
        }
    }

    private mutating func open(_ header: String, _ location: SourceLocation, into draft: inout InventoryDraft) {
        let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch parts.count > 1 ? parts[1] : "hosts" {
        case "hosts": section = .hosts(parts[0])
        case "vars": section = .variables(parts[0])
        case "children": section = .children(parts[0])
        default:
            diagnostics.report(
                "syntax", "\(quoted(header)) is no section.", at: location,
                advice: "Sections are [GROUP], [GROUP:vars] and [GROUP:children].")
            section = .skipped
            return
        }
        draft.extend(parts[0], .init(location: location), diagnostics, mayRepeat: true)
    }

    private func host(_ content: String, _ location: SourceLocation, _ group: String, into draft: inout InventoryDraft)
    {
        guard let words = ShellWords.split(content) else {
            diagnostics.report(
                "syntax", "A quote is not closed in “\(content.printableLine)”.", at: location,
                advice: "Close it, or write the quote as \\\".")
            return
        }
        guard let name = words.first else { return }
        let variables = words.dropFirst().compactMap { word -> Tree.Entry? in
            guard let entry = entry(word, location) else {
                diagnostics.report(
                    "syntax", "\(quoted(word)) is no variable.", at: location,
                    advice: "Write NAME=VALUE after the host.")
                return nil
            }
            return entry
        }
        AnsibleHosts.add(name, variables, at: location, group: group, into: &draft, diagnostics)
    }

    private func variable(
        _ content: String, _ location: SourceLocation, _ group: String, into draft: inout InventoryDraft
    ) {
        guard let entry = entry(content, location) else {
            diagnostics.report(
                "syntax", "\(quoted(content)) is no variable.", at: location, advice: "Write NAME=VALUE.")
            return
        }
        let found = AnsibleVariables.settings([entry], diagnostics)
        let known = draft.groups[group]?.settings ?? SettingsDraft()
        draft.groups[group]?.settings = known.overridden(by: found.settings)
        if entry.key == "ansible_group_priority" { draft.groups[group]?.priority = found.priority }
    }

    private func entry(_ text: String, _ location: SourceLocation) -> Tree.Entry? {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = text[..<equals].trimmed
        guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return nil }
        let raw = text[text.index(after: equals)...].trimmed
        let isQuoted = raw.utf8.count > 1 && (raw.first == "\"" || raw.first == "'") && raw.first == raw.last
        let scalar = Tree.Scalar(text: String(isQuoted ? raw.dropFirst().dropLast() : raw), isPlain: !isQuoted)
        return .init(
            key: String(name), keyLocation: location, value: Tree(content: .scalar(scalar), location: location))
    }

    private func place(_ column: Int) -> SourceLocation {
        SourceLocation(file: diagnostics.file, line: line, column: column)
    }

    /// `#` and `;` begin a comment at the start of a line, `#` after a blank elsewhere too.
    private static func withoutComment(_ line: Substring) -> Substring {
        let start = line.trimmed
        if start.hasPrefix("#") || start.hasPrefix(";") { return "" }
        var quote: Character?
        var previous: Character = " "
        for index in line.indices {
            let character = line[index]
            if quote == nil, character == "#", previous == " " || previous == "\t" { return line[..<index] }
            if character == "\"" || character == "'" {
                if quote == nil { quote = character } else if quote == character { quote = nil }
            }
            previous = character
        }
        return line
    }
}

extension StringProtocol {
    fileprivate var trimmed: Substring {
        let start = self[...].drop { $0.isWhitespace }
        let end = start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex
        return Substring(start[..<end])
    }
}
