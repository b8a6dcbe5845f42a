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
                .init((exempt + entry.message).printableLine),
            ])
        }
        return table
    }

    /// `2 nodes: 1 as asked, 1 not.`
    static func summary(of entries: [ComplianceEntry]) -> String {
        guard !entries.isEmpty else {
            return "Nothing was verified by schedule yet: vfiofleet serve does that, vfiofleet verify looks now."
        }
        let nodes = Dictionary(grouping: entries, by: \.node).mapValues(\.outcome)
        let parts = [
            (nodes.values.count { $0 == .good }, "as asked"), (nodes.values.count { $0 == .attention }, "not as asked"),
            (nodes.values.count { $0 == .failed }, "not fully known"),
        ]
        let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(nodes.count) node\(nodes.count == 1 ? "" : "s"): \(words)."
    }
}

extension [ComplianceEntry] {
    /// What is known to be wrong counts before what could not be told.
    var outcome: Outcome {
        let counting = filter { $0.exemption == nil }
        if counting.contains(where: { $0.status == .fail }) { return .attention }
        return isEmpty || counting.contains { $0.status == .unknown } ? .failed : .good
    }
}
