internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Foundation

/// Reports that `compliance` writes beside its output, for other programs and people.
struct ComplianceReports: ParsableArguments {
    @Option(help: ArgumentHelp("Write a JUnit report: a case for each rule.", valueName: "file")) var junit: String?
    @Option(help: ArgumentHelp("Write what does not hold as SARIF 2.1.0.", valueName: "file")) var sarif: String?
    @Option(help: ArgumentHelp("Write every rule as comma-separated values.", valueName: "file")) var csv: String?
    @Option(help: ArgumentHelp("Write a page that stands alone.", valueName: "file")) var html: String?

    func write(_ entries: [ComplianceEntry], _ console: Console) throws {
        let now = Context.now
        let reports: [(path: String?, text: () throws -> String)] = [
            (junit, { Self.junit(entries) }),
            (sarif, { try SARIFReport(entries, at: now.iso8601).text() }),
            (csv, { CSV.render(entries, Self.columns) }),
            (html, { CompliancePage(entries: entries, now: now).render() }),
        ]
        for (path, text) in reports {
            guard let path else { continue }
            try OutputFile.write(try text(), to: path)
            console.note("Wrote \(path).")
        }
    }

    static let columns: [CSV.Column<ComplianceEntry>] = [
        ("playbook", { $0.playbook.printableLine }), ("node", { $0.node }), ("rule", { $0.rule }),
        ("device", { $0.device ?? "" }), ("severity", { $0.severity }), ("status", { $0.status.rawValue }),
        ("drift", { $0.drift?.rawValue ?? "" }), ("since", { $0.since }), ("last_seen", { $0.lastSeen }),
        ("is_current", { "\($0.isCurrent)" }), ("exempt_until", { $0.exemption?.until ?? "" }),
        ("exempt_owner", { ($0.exemption?.owner ?? "").printableLine }),
        ("exempt_reason", { ($0.exemption?.reason ?? "").printableLine }), ("message", { $0.message.printableLine }),
        ("message_since", { $0.messageSince }), ("not_seen_since", { $0.notSeenSince ?? "" }),
    ]

    static func junit(_ entries: [ComplianceEntry]) -> String {
        let suites = entries.inOrder(by: \.node).map { node, entries in
            (
                node,
                entries.map { entry in
                    JUnitReport.Case(
                        node: "\(entry.playbook).\(node)", name: entry.name,
                        status: entry.isStale ? .unknown : entry.status, message: entry.statement,
                        evidence: entry.evidence, exemption: entry.exemptPhrase)
                }
            )
        }
        return JUnitReport.render(suites, title: "compliance")
    }
}

extension [ComplianceEntry] {
    /// In groups, in the order in which the groups come first.
    func inOrder(by key: (ComplianceEntry) -> String) -> [(String, [ComplianceEntry])] {
        var places: [String: Int] = [:]
        var groups: [(String, [ComplianceEntry])] = []
        for entry in self {
            let name = key(entry)
            if let place = places[name] {
                groups[place].1.append(entry)
            } else {
                places[name] = groups.count
                groups.append((name, [entry]))
            }
        }
        return groups
    }
}
