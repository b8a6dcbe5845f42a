import Fleet

/// Decides how one node goes back. Pure.
struct UndoPlanner {
    /// A roll-out that changed the node, as it was planned.
    struct Earlier {
        var purpose: FleetPlan.Purpose
        var plan: NodePlan
    }

    let node: NodeName
    let facts: NodeFacts
    /// Oldest first.
    let backups: [NodeBackup]
    /// Oldest first; those that the database knows.
    let earlier: [Earlier]

    func plan() -> NodePlan {
        let fates = histories.map(fate)
        let blockers = fates.compactMap(\.blocker)
        guard blockers.isEmpty else { return NodePlan(node: node, verdict: .blocked, reasons: blockers) }
        let files = fates.compactMap(\.change)
        let guests = guestChanges
        if files.isEmpty, guests.isEmpty {
            let note = Reason(.note, "nothing-to-undo", "Every file is as it was before the first roll-out.")
            return NodePlan(node: node, verdict: .unchanged, reasons: [note])
        }
        return NodePlan(
            node: node, verdict: .change, reasons: fates.compactMap(\.note), files: files,
            commands: files.isEmpty ? [] : commands(for: files), reboot: !files.isEmpty, guests: guests)
    }

    /// What the backups tell about one file.
    private struct History {
        var path: String
        /// From before the first roll-out; nil = there was none.
        var first: [UInt8]?
        /// What the last roll-out left.
        var last: [UInt8]?
    }

    private struct Fate {
        var change: FileChange?
        var blocker: Reason?
        var note: Reason?
    }

    /// In the order in which the files were first changed.
    private var histories: [History] {
        var found: [History] = []
        for change in backups.flatMap(\.files) {
            if let known = found.firstIndex(where: { $0.path == change.path }) {
                found[known].last = change.after
            } else {
                found.append(History(path: change.path, first: change.before, last: change.after))
            }
        }
        return found
    }

    private func fate(_ history: History) -> Fate {
        let path = history.path
        // A file that the probe does not look at: the node refuses the write when it is not as expected.
        let present = facts.files[path] ?? .known(FileContent(bytes: history.last))
        guard case .known(let content) = present else {
            return Fate(blocker: Reason(.blocker, "file-unreadable", "\(path) can't be read, so it is left alone."))
        }
        if content.bytes == history.first {
            return Fate(note: Reason(.note, "file-as-before", "\(path) is as it was before the first roll-out."))
        }
        guard content.bytes == history.last else {
            return Fate(
                blocker: Reason(
                    .blocker, "file-changed-since-apply",
                    "\(path) was changed after the last roll-out; going back would lose that change."))
        }
        return Fate(change: FileChange(path: path, before: content.bytes, after: history.first))
    }

    /// What the roll-outs ran, or what the files need when this database does not know them.
    private func commands(for files: [FileChange]) -> [NodeCommand] {
        var commands = Set(earlier.flatMap(\.plan.commands))
        if commands.isEmpty { commands = Set(files.map { Self.command(for: $0.path, facts) }) }
        return NodeCommand.allCases.filter(commands.contains)
    }

    private static func command(for path: String, _ facts: NodeFacts) -> NodeCommand {
        if path.hasPrefix("/etc/default/grub") { return .updateGrub }
        return path == "/etc/kernel/cmdline" ? .refreshBootTool : .updateInitramfs
    }

    /// Options that a roll-out set and that still are as it left them go back to what was before the first.
    private var guestChanges: [GuestChange] {
        var options: [VMID: [String: (before: String?, after: String?)]] = [:]
        for guest in earlier.flatMap(\.plan.guests) {
            for option in guest.options {
                let known = options[guest.vm]?[option.key]
                options[guest.vm, default: [:]][option.key] = (known.map(\.before) ?? option.before, option.after)
            }
        }
        return options.sorted { $0.key < $1.key }.compactMap { vm, options in
            guard case .known(let text) = facts.guests.value?.first(where: { $0.id == vm })?.configuration else {
                return nil
            }
            let present = GuestOptions(text)
            let changes = options.sorted { $0.key < $1.key }.filter { key, option in
                present[key] == option.after && option.before != option.after
            }
            guard !changes.isEmpty else { return nil }
            return GuestChange(
                vm: vm, options: changes.map { .init(key: $0.key, before: $0.value.after, after: $0.value.before) })
        }
    }
}
