internal import ArgumentParser
internal import Documents
internal import Fleet

/// How a roll-out goes over the nodes, for commands without a playbook: its `rollout:` keys as options.
struct RolloutOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Go over the nodes as this playbook's rollout: says; options win.", valueName: "file"))
    var playbook: String?
    @Option(help: ArgumentHelp("Nodes that go first and must be proven (1).", valueName: "number"))
    var canary: String?
    @Option(help: ArgumentHelp("Nodes at a time, one batch after the other: 2, or 25% (2).", valueName: "share"))
    var batch: String?
    @Option(
        help: ArgumentHelp("Instead of batches: nodes under way at any time, as 5 or 10%.", valueName: "share"))
    var maxUnavailable: String?
    @Option(help: ArgumentHelp("Between two waves (10s).", valueName: "duration")) var pause: String?
    @Option(help: ArgumentHelp("After the canaries, instead of --pause.", valueName: "duration")) var soak: String?
    @Option(help: ArgumentHelp("From the reboot until a node must be back (10m).", valueName: "duration"))
    var returnWithin: String?
    @Option(
        help: ArgumentHelp(
            "How long a node waits before it puts itself back, or never (as --return-within).", valueName: "duration"))
    var confirmWithin: String?
    @Option(help: ArgumentHelp("Nodes of one Proxmox cluster under way at once (1).", valueName: "number"))
    var perCluster: String?
    @Option(help: ArgumentHelp("The same for nodes with the same label; may be repeated.", valueName: "label=number"))
    var perLabel: [String] = []
    @Option(help: ArgumentHelp("Nodes that may fail before it stops (0).", valueName: "number"))
    var failureBudget: String?
    @Option(help: ArgumentHelp("Which nodes go first: risk or inventory (risk).", valueName: "order")) var order:
        String?
    @Option(
        help: ArgumentHelp(
            "Running guests at the reboot: leave, shutdown, migrate or refuse (as the playbook, or else as when the node was changed).",
            valueName: "word"))
    var guests: String?

    /// Whether it is said here what becomes of running guests.
    var decidesOnGuests: Bool { guests != nil || playbook != nil }

    /// - Throws: everything that is wrong with the playbook, or else with the options.
    func settings() throws -> RolloutSettings {
        let usual = try playbook.map { try PlaybookDocument.load($0).rollout } ?? RolloutSettings()
        let single: [(String, String?)] = [
            ("canary", canary), ("batch", batch), ("max-unavailable", maxUnavailable), ("pause", pause),
            ("soak", soak), ("return-within", returnWithin), ("confirm-within", confirmWithin),
            ("per-cluster", perCluster), ("failure-budget", failureBudget), ("order", order), ("guests", guests),
        ]
        let options = single.compactMap { key, text in text.map { RolloutOption(key, $0) } }
        return try usual.changed(by: options + perLabel.map { RolloutOption("per-label", $0) })
    }
}
