/// What a playbook says about what others left on a node (`adopt:`).
public struct AdoptionSettings: Hashable, Sendable, Codable {
    public enum Choice: String, Hashable, Sendable, Codable, CaseIterable {
        /// Left as it is, with a warning.
        case report
        /// Left as it is: it is known and wanted.
        case keep
        /// Taken out.
        case clean
    }

    /// For the kinds that are not named.
    public var usual: Choice
    public var choices: [FindingCode: Choice]

    public init(usual: Choice = .report, choices: [FindingCode: Choice] = [:]) {
        self.usual = usual
        self.choices = choices
    }

    /// What is said about a kind. `clean` for all does not reach what only a person can take out.
    public func choice(for code: FindingCode) -> Choice {
        if let choice = choices[code] { return choice }
        return usual == .clean && !code.isCleanable ? .report : usual
    }
}

/// Carries `adopt:` out on a node's files, before anything else is planned on them.
struct Adoption {
    private(set) var files: NodeFiles
    private(set) var reasons: [Reason] = []
    /// Tokens that shall be neither in the generated boot configuration nor on the running kernel's command line.
    private(set) var unwantedTokens: Set<String> = []

    init(_ facts: NodeFacts, _ settings: NodeSettings, _ wanted: [PCIFunction]) {
        let scope = FindingScope(facts, settings, wanted: wanted)
        files = scope.files
        var cleanings: [Cleaning] = []
        for finding in scope.findings {
            let choice = settings.adopt.choice(for: finding.code)
            reasons.append(Self.reason(finding, choice))
            if choice == .clean { cleanings += finding.cleanings }
        }
        for code in FindingCode.allCases where settings.adopt.choice(for: code) == .clean {
            unwantedTokens.formUnion(scope.commandLineTokens(of: code))
        }
        clean(cleanings)
    }

    private static func reason(_ finding: Finding, _ choice: AdoptionSettings.Choice) -> Reason {
        let code = FleetError.Code(rawValue: finding.code.rawValue)
        switch choice {
        case .report:
            let advice =
                finding.isCleanable ? " It is left as it is; adopt: takes it out." : " It is left as it is."
            return Reason(.warning, code, finding.message + advice, evidence: finding.evidence)
        case .keep:
            return Reason(.note, code, "\(finding.message) The playbook keeps it.", evidence: finding.evidence)
        case .clean where finding.isCleanable:
            return Reason(.note, code, "\(finding.message) It is taken out.", evidence: finding.evidence)
        case .clean:
            return Reason(
                .warning, code, "\(finding.message) It can't be taken out by an edit of a settings file.",
                evidence: finding.evidence)
        }
    }

    private mutating func clean(_ cleanings: [Cleaning]) {
        var paths: [String] = []
        for cleaning in cleanings where !paths.contains(cleaning.path) { paths.append(cleaning.path) }
        for path in paths {
            guard let bytes = files.observed(path).value?.bytes else { continue }
            files.set(path, to: bytes.removing(cleanings.filter { $0.path == path }))
        }
    }
}

extension [UInt8] {
    /// Without what the cleanings name, whose ranges are of these bytes.
    func removing(_ cleanings: [Cleaning]) -> [UInt8] {
        var removed: [Range<Int>] = []
        var lists: [Range<Int>: Set<String>] = [:]
        for cleaning in cleanings {
            switch cleaning {
            case .line(_, let range): removed.append(logicalLine(around: range))
            case .token(_, let range): removed.append(withBlankBefore(range))
            case .ids(_, let word, let ids): lists[word, default: []].formUnion(ids)
            }
        }
        var edits: [ByteEdit] = []
        for (word, ids) in lists {
            guard let list = shortened(word, without: ids) else {
                removed.append(isOnlyParameter(word) ? logicalLine(around: word) : withBlankBefore(word))
                continue
            }
            edits.append(ByteEdit(replacing: word, with: list))
        }
        let outer = Set(removed).filter { range in !removed.contains { $0 != range && $0.contains(range) } }
        edits.removeAll { edit in outer.contains { $0.contains(edit.range) } }
        return applying(edits + outer.map { ByteEdit(replacing: $0, with: "") })
    }

    /// `ids=…` with the ids that stay, as they are written; nil when none does.
    private func shortened(_ word: Range<Int>, without ids: Set<String>) -> String? {
        let joints: Set<UInt8> = [Byte.backslash, Byte.newline, Byte.doubleQuote]
        let text = String(decoding: self[word].filter { !joints.contains($0) }, as: UTF8.self)
        let kept = text.dropFirst("ids=".count).idEntries.filter { !ids.contains($0) }
        return kept.isEmpty ? nil : "ids=" + kept.joined(separator: ",")
    }

    /// Whether the directive that the word stands in has no other parameter.
    private func isOnlyParameter(_ word: Range<Int>) -> Bool {
        ModprobeFile(self).directives.contains { line in
            line.parameters.count == 1 && line.words.contains { $0.range == word }
        }
    }

    /// From the start of the line to its end, and over lines joined to it, the line feed included.
    private func logicalLine(around range: Range<Int>) -> Range<Int> {
        let lines = lineRanges
        guard var first = lines.lastIndex(where: { $0.lowerBound <= range.lowerBound }) else { return range }
        var last = first
        while first > 0, isJoined(lines[first - 1]) { first -= 1 }
        while last + 1 < lines.count, isJoined(lines[last]) { last += 1 }
        return lines[first].lowerBound..<Swift.min(lines[last].upperBound + 1, count)
    }

    private func isJoined(_ line: Range<Int>) -> Bool { !line.isEmpty && self[line.upperBound - 1] == Byte.backslash }

    /// The blank before a token goes with it, or the one after where none is before.
    func withBlankBefore(_ range: Range<Int>) -> Range<Int> {
        if range.lowerBound > 0, Byte.isBlank(self[range.lowerBound - 1]) {
            return (range.lowerBound - 1)..<range.upperBound
        }
        let takesBlank = range.upperBound < count && Byte.isBlank(self[range.upperBound])
        return range.lowerBound..<(range.upperBound + (takesBlank ? 1 : 0))
    }
}

extension Range {
    fileprivate func contains(_ other: Range) -> Bool {
        lowerBound <= other.lowerBound && other.upperBound <= upperBound
    }
}
