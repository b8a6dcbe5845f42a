/// Decides how a node goes back to what it was before the roll-outs that noted changes on it. Pure.
///
/// The node's own notes are what goes back, and what others changed since stays: files by lines, guests by options.
public enum UndoPlanner {
    /// - Parameters:
    ///   - backups: oldest first.
    ///   - rollout: only what this one did is taken back; nil = what all did.
    ///   - evacuation: what becomes of running guests at the reboot; nil = they are left to it.
    public static func plan(
        node: NodeName, facts: NodeFacts, backups: [NodeBackup], of rollout: RolloutID? = nil,
        evacuation: EvacuationSettings? = nil
    ) -> NodePlan {
        let files = files(backups, facts, rollout)
        let guests = GuestUndo(backups, facts, of: rollout)
        let changes = files.compactMap(\.change)
        let remains = UndoRemains(facts, written: files.flatMap(\.written))
        let rebuild = Rebuild(facts, changes, remains)
        let departures =
            rebuild.isNeeded
            ? EvacuationPlan(facts, NodeSettings(evacuation: evacuation), changing: guests.changes) : nil
        let reasons =
            (files.flatMap(\.reasons) + guests.reasons + rebuild.reasons + (departures?.reasons ?? [])
            + (rebuild.isNeeded ? ClusterPlan(facts, changing: guests.changes).reasons : [])).ordered
        guard !reasons.hasBlocker else { return NodePlan(node: node, verdict: .blocked, reasons: reasons) }
        if changes.isEmpty, guests.changes.isEmpty, !rebuild.isNeeded {
            let note = Reason.note(.nothingToUndo, "Nothing of what roll-outs did to this node is left.")
            return NodePlan(node: node, verdict: .unchanged, reasons: reasons + [note])
        }
        var plan = NodePlan(
            node: node, verdict: .change, reasons: reasons, files: changes, commands: rebuild.commands,
            reboot: rebuild.isNeeded, guests: guests.changes)
        let (forecast, losses) = Forecast.undoing(plan, facts)
        guard losses.isEmpty else {
            return NodePlan(node: node, verdict: .blocked, reasons: (losses + reasons).ordered)
        }
        plan.forecast = forecast
        plan.cluster = facts.cluster.value?.name
        plan.evacuation = departures?.departures
        return plan
    }

    /// In the order in which they were first changed.
    private static func files(_ backups: [NodeBackup], _ facts: NodeFacts, _ rollout: RolloutID?) -> [FileUndo] {
        var paths: [String] = []
        var notes: [String: [(rollout: RolloutID, file: NodeBackup.File)]] = [:]
        for backup in backups {
            for file in backup.files {
                if notes[file.path] == nil { paths.append(file.path) }
                notes[file.path, default: []].append((backup.rollout, file))
            }
        }
        return paths.map { FileUndo($0, notes[$0] ?? [], present: facts.file(at: $0), of: rollout) }
    }
}

/// What has to be built anew so that the next boot is without what roll-outs wrote.
private struct Rebuild {
    private(set) var commands: [NodeCommand] = []
    private(set) var reasons: [Reason] = []
    /// The running kernel was booted with what roll-outs wrote, or the next one would be.
    let isNeeded: Bool

    init(_ facts: NodeFacts, _ changes: [FileChange], _ remains: UndoRemains) {
        isNeeded = !changes.isEmpty || !remains.all.isEmpty
        var needed: Set<NodeCommand> = []
        if !remains.images.isEmpty || changes.contains(where: { !BootFacts.isSettingsFile($0.path) }) {
            needed.insert(.updateInitramfs)
        }
        if !remains.entries.isEmpty || changes.contains(where: { BootFacts.isSettingsFile($0.path) }) {
            switch facts.boot.generator {
            case .known(let command): needed.insert(command)
            case .unknown(let why): reasons.append(.incomplete("What generates the boot configuration", why))
            }
        }
        commands = NodeCommand.allCases.filter(needed.contains)
        guard changes.isEmpty else { return }
        for result in remains.all {
            reasons.append(.note(.undoUnfinished, result.message, evidence: result.evidence))
        }
    }
}

extension BootFacts {
    /// What generates the boot configuration from its settings files: that of the loader which booted the node.
    var generator: Observed<NodeCommand> {
        switch (loader, proxmoxBootToolESPs) {
        case (.unknown(let why), _), (_, .unknown(let why)): .unknown(why)
        case (.known(let loader), .known(let partitions)):
            .known(loader == .systemdBoot || !partitions.isEmpty ? .refreshBootTool : .updateGrub)
        }
    }
}
