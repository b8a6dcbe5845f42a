import Fleet
import Logging
import Store

/// Which links of the proof chain a step rests on.
enum ProofStage: Sendable {
    case disk
    case boot
    case guests

    var checks: Set<CheckID> {
        switch self {
        case .disk: [.files, .initramfs, .bootConfiguration]
        case .boot: [.kernelCommandLine, .iommu, .present, .driver, .group]
        case .guests: [.guestConfiguration]
        }
    }
}

extension NodeWorker {
    /// Looks, and believes only what is seen. Ends with the boot it was seen in.
    func prove(_ stage: ProofStage, _ hold: ClusterHold? = nil) async throws(NodeFailure) -> Outcome {
        let facts = try await observe()
        if stage == .disk, let refusal = try await rebootRefusal(facts, hold) { return .failed(.init(refusal)) }
        let failed = results(stage, facts).filter { $0.status != .pass }
        if let first = failed.first {
            return .failed(
                .init(
                    .notProven(session.node.name, first, others: failed.count - 1), evidence: failed.flatMap(\.evidence)
                )
            )
        }
        if stage == .boot, let misses = await forecastMisses(facts) { return .compared(misses) }
        if case .known(let boot) = facts.bootID { return .seen(boot) }
        return stage == .disk && entry.plan.reboot ? .failed(.init(.noBoot(session.node.name))) : .done
    }

    /// What a last look shows that forbids the reboot.
    func rebootRefusal(_ facts: NodeFacts, _ hold: ClusterHold?) async throws(NodeFailure) -> FleetError? {
        if let refusal = quorumRefusal(facts) ?? guestRefusal(facts) ?? controllerRefusal(facts) { return refusal }
        return try await clusterRefusal(hold)
    }

    /// Where the boot came otherwise than foreseen; nil where nothing was foreseen.
    private func forecastMisses(_ facts: NodeFacts) async -> [ForecastMiss]? {
        guard let forecast = entry.plan.forecast else { return nil }
        var before: NodeFacts?
        if let digest = entry.facts {
            do throws(FleetError) { before = try await driver.store.answer(digest)?.facts } catch {
                driver.logger.warning("what the plan was made from could not be read: \(error)")
            }
        }
        return forecast.misses(before: before, after: facts)
    }

    private func results(_ stage: ProofStage, _ facts: NodeFacts) -> [CheckResult] {
        let planned = stage == .disk ? writtenFiles(facts) : stage == .guests ? setGuests(facts) : []
        guard purpose == .apply else { return planned + undone(stage, facts) }
        let chain = driver.judge.verify(session.node.name, facts, entry.settings).checks
        return planned + chain.filter { stage.checks.contains($0.id) }
    }

    private func undone(_ stage: ProofStage, _ facts: NodeFacts) -> [CheckResult] {
        switch stage {
        case .disk: UndoProof.disk(entry.plan, facts)
        case .boot: UndoProof.boot(entry.plan, facts)
        case .guests: []
        }
    }

    /// The planned bytes themselves, whatever the settings say.
    private func writtenFiles(_ facts: NodeFacts) -> [CheckResult] {
        entry.plan.files.compactMap { change in
            switch facts.file(at: change.path) {
            case .known(let content) where content.bytes != change.after:
                CheckResult(.files, .fail, "\(change.path) does not hold what was written.")
            case .known(let content) where change.after != nil && change.mode.map({ $0 == content.mode }) == false:
                CheckResult(.files, .fail, "\(change.path) does not have the permissions it was given.")
            case .known(let content) where change.after != nil && change.owner.map({ $0 == content.owner }) == false:
                CheckResult(.files, .fail, "\(change.path) does not belong to whom it was given.")
            case .known: nil
            case .unknown(let why): CheckResult(.files, .unknown, "\(change.path) can't be read: \(why.detail)")
            case nil: CheckResult(.files, .unknown, "\(change.path) was not looked at.")
            }
        }
    }

    private func setGuests(_ facts: NodeFacts) -> [CheckResult] {
        entry.plan.guests.flatMap { differences(from: $0, facts) }
    }

    /// What a guest's configuration has otherwise than the change leaves it.
    func differences(from change: GuestChange, _ facts: NodeFacts) -> [CheckResult] {
        let device = "vm/\(change.vm)"
        let guest = facts.guests.value?.first { $0.id == change.vm }
        guard case .known(let text) = guest?.configuration else {
            return [CheckResult(.guestConfiguration, device: device, .unknown, "Its configuration was not seen.")]
        }
        let options = GuestConfiguration(text).effective
        return change.options.filter { options[$0.key] != $0.after }.map {
            CheckResult(
                .guestConfiguration, device: device, .fail,
                "\($0.key) is \(options[$0.key] ?? "unset") instead of \($0.after ?? "unset").")
        }
    }

    /// Sets what was approved, if what the node is by now still allows it.
    func set(_ vm: VMID) async throws(NodeFailure) -> Outcome {
        guard var change = entry.plan.guests.first(where: { $0.vm == vm }) else { return .done }
        let facts = try await observe()
        if purpose == .apply {
            let now = driver.judge.guestChanges(facts, entry.settings)
            if let blocker = now.blockers.first {
                return .failed(.init(FleetError(blocker.code, blocker.message), evidence: blocker.evidence))
            }
            // What an interrupted try has set already is not there any more.
            guard let fresh = now.changes.first(where: { $0.vm == vm }) else { return .done }
            guard change.covers(fresh) else { return .failed(.init(.guestChanged(session.node.name, vm))) }
            change = fresh
        }
        let approved = change
        let token = token
        _ = try await session.use { node throws(NodeFailure) in try await node.set(approved, token) }
        return .done
    }
}

extension GuestChange {
    /// Every option of `other` is one of these, with the same value after.
    func covers(_ other: GuestChange) -> Bool {
        other.options.allSatisfy { option in
            options.contains { $0.key == option.key && $0.after == option.after }
        }
    }
}

extension FleetError {
    fileprivate static func notProven(_ node: NodeName, _ check: CheckResult, others: Int) -> FleetError {
        let device = check.device.map { " (\($0))" } ?? ""
        let more = others > 0 ? " \(others) more checks did not pass." : ""
        return FleetError(
            "not-proven", "\(node) does not pass the check \(check.id.rawValue)\(device): \(check.message)\(more)",
            advice: "`vfiofleet verify` shows the whole proof chain; `vfiofleet undo \(node)` goes back.")
    }

    fileprivate static func noBoot(_ node: NodeName) -> FleetError {
        FleetError(
            "boot-id-unknown", "\(node) did not tell which boot it runs, so a reboot could not be proven.",
            advice: "Look whether /proc/sys/kernel/random/boot_id can be read there.")
    }

    fileprivate static func guestChanged(_ node: NodeName, _ vm: VMID) -> FleetError {
        FleetError(
            "facts-changed-since-plan", "Guest \(vm) on \(node) would now need other options than the plan's.",
            advice: "Make a new plan and look at it: vfiofleet plan.")
    }
}
