internal import Fleet
internal import Forms

/// The rules of nodes as a table: what does not hold, and what each somebody answers for.
struct ComplianceView {
    var entries: [ComplianceEntry]
    var showsAll: Bool
    /// A line for each stretch of time in which a rule said the same.
    var isHistory = false

    func table() -> Table {
        var table = Table([
            .init("NODE"), .init("RULE"), .init("DEVICE"), .init("SEVERITY"), .init("STATUS"), .init("SINCE"),
            .init("LAST SEEN"), .init("MESSAGE", flexible: true),
        ])
        for entry in entries where showsAll || isHistory || entry.status != .pass {
            let exempt = entry.exemptPhrase.map { "(\($0)) " } ?? ""
            table.add([
                .init(entry.node), .init(entry.rule), .init(entry.device ?? ""), .init(entry.severity),
                .init(entry.word, entry.style), .init(isHistory ? entry.messageSince : entry.since),
                .init(entry.lastSeen),
                .init((exempt + entry.statement).printableLine),
            ])
        }
        return table
    }

    /// `2 nodes: 1 as asked, 1 not.`
    static func summary(of entries: [ComplianceEntry]) -> String {
        guard !entries.isEmpty else {
            return "Nothing was verified by schedule yet: vfiofleet serve does that, vfiofleet verify looks now."
        }
        let nodes = Dictionary(grouping: entries, by: \.node)
        let parts = ComplianceStanding.allCases.map { standing in
            (nodes.values.count { $0.standing == standing }, standing.rawValue)
        }
        let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(nodes.count) node\(nodes.count == 1 ? "" : "s"): \(words)."
    }
}

/// How some rules stand together, in the words of the web page.
enum ComplianceStanding: String, CaseIterable {
    case good = "as asked"
    case failing = "not as asked"
    case unknown = "not fully known"
    /// All held when the node was last looked at.
    case stale = "not looked at lately"
}

extension [ComplianceEntry] {
    /// What is known to be wrong counts before what could not be told.
    var standing: ComplianceStanding {
        let counting = filter { $0.exemption == nil }
        if counting.contains(where: { $0.status == .fail }) { return .failing }
        if isEmpty || counting.contains(where: { $0.status == .unknown }) { return .unknown }
        return contains(where: \.isStale) ? .stale : .good
    }

    var outcome: Outcome {
        switch standing {
        case .good: .good
        case .failing: .attention
        case .unknown, .stale: .failed
        }
    }

    /// `2 nodes were not looked at since 2026-05-01T03:30:00Z or later: pve[01-02]. How they stand now is not known.`
    var unseenWords: String? {
        let unseen = filter { $0.notSeenSince != nil }
        let nodes = Set(unseen.compactMap { NodeName($0.node) })
        guard let oldest = unseen.compactMap(\.notSeenSince).min() else { return nil }
        let isOne = nodes.count == 1
        return """
            \(nodes.count) node\(isOne ? " was" : "s were") not looked at since \(oldest)\(isOne ? "" : " or later"): \
            \(NameSet.fold(nodes)). How \(isOne ? "it stands" : "they stand") now is not known.
            """
    }
}
