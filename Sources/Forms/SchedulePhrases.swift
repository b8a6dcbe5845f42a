package import Fleet
package import Store

extension ScheduleOutcome {
    /// `3 compliant, 1 not compliant; 2 changes`
    package var words: String {
        if let error { return error.description.printableLine }
        let parts = [(compliant, "compliant"), (noncompliant, "not compliant"), (unknown, "could not be told")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let nodes = parts.isEmpty ? "no nodes" : parts.joined(separator: ", ")
        return changes == 0 ? nodes : "\(nodes); \(changes) change\(changes == 1 ? "" : "s")"
    }
}

extension RuleChange {
    /// `pve01 driver 0000:01:00.0 holds no longer (the node was changed): 01:00.0 is on nouveau.`
    package var words: String {
        let subject = [subject.node.description, subject.rule.description, subject.device].compactMap(\.self)
        return "\(subject.joined(separator: " ")) \(verdict): \((after?.message ?? "").printableLine)"
    }
}
