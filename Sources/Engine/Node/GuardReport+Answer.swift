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

extension GuardReport.Entry {
    /// `TIME SECONDS WORD TEXT`; nil for a line that was cut.
    fileprivate init?(line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let uptime = Int(parts[1]) else { return nil }
        self.init(at: String(parts[0]), uptime: uptime, word: String(parts[2]), text: String(parts[3]))
    }
}
