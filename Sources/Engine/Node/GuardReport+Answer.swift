import Fleet

extension GuardReport {
    /// From a node's answer; nil when it does not tell a phase.
    init?(_ answer: NodeAnswer) {
        guard let phase = answer.text("phase").flatMap(Phase.init(rawValue:)) else { return nil }
        let record = answer.text("record") ?? ""
        self.init(
            phase: phase, boot: answer.text("boot").flatMap { BootID($0) },
            rollout: answer.text("rollout").flatMap { RolloutID($0) },
            withinSeconds: answer.text("within").flatMap { Int($0) },
            record: record.split(separator: "\n").compactMap(Entry.init(line:)))
    }
}
