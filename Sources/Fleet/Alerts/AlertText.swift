/// An alert in words.
extension Alert {
    /// One line: `gpu: 3 fail, 1 resolved (pve01, pve03)`.
    public var title: String {
        let subject = playbook ?? "vfiofleet"
        guard !items.isEmpty else { return "\(subject): \((notice ?? "nothing to say").printableLine)" }
        let counts = AlertItem.Event.allCases.compactMap { event -> String? in
            let number = items.count { $0.event == event }
            return number == 0 ? nil : "\(number) \(event.words)"
        }
        return "\(subject): \(counts.joined(separator: ", ")) (\(nodes))"
    }

    /// A line for each item, the gravest first, then what was left out.
    public var lines: [String] {
        let sorted = items.enumerated().sorted {
            ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
        }
        let rest = leftOut > 0 ? ["… and \(leftOut) more: vfiofleet compliance shows them."] : []
        return (notice.map { [$0.printableLine] } ?? []) + sorted.map(\.element.words) + rest
    }

    /// The gravest of its items; a sentence alone is of low severity.
    public var severity: RuleID.Severity { items.map(\.severity).max() ?? .low }

    /// Nothing in it is bad news.
    public var isGood: Bool { items.allSatisfy { $0.event == .resolved } }

    private var nodes: String {
        let names = Set(items.map(\.subject.node)).sorted()
        return names.count > 8 ? "\(names.count) nodes" : NameSet.fold(names)
    }
}

extension AlertItem {
    /// `pve01 driver 0000:01:00.0 holds no longer (the node was changed): 01:00.0 is on nouveau.`
    public var words: String {
        let subject = [subject.node.description, subject.rule.description, subject.device].compactMap(\.self)
        return "\(subject.joined(separator: " ")) \(verdict): \(message.printableLine)"
    }
}

extension AlertItem.Event {
    var words: String {
        switch self {
        case .fails: "not as asked"
        case .unknown: "can't be told"
        case .unobservable: "can't be looked at"
        case .resolved: "resolved"
        case .exemptionExpired: "no longer exempt"
        case .proposed: "proposed"
        case .remediated: "remediated"
        }
    }
}
