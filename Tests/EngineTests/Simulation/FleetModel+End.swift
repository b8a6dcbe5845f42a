import Fleet

extension FleetModel {
    /// What contradicts what nodes have just ended with: only a confirmed node counts as done.
    func flaws(ofEnded rollout: Rollout) -> [String] {
        rollout.changed.sorted().map { rollout.nodes[$0] }.compactMap { run in
            guard run.state.result == .verified, isGuarded(run), members[run.node]?.trial != .confirmed else {
                return nil
            }
            return "\(run.node) counts as verified, and is not confirmed"
        }
    }

    private func isGuarded(_ run: NodeRun) -> Bool { run.work.reboots && kept.settings.confirmWithinSeconds != nil }

    func flawsAtTheEnd(isGentle: Bool) -> [String] {
        kept.nodes.filter(\.hasWork).flatMap { run -> [String] in
            with(run.node) { _ in }
            guard let member = members[run.node], let result = run.state.result else {
                return ["\(run.node) is not accounted for"]
            }
            let flaw =
                member.flaw(in: result, run, guests, isGuarded: kept.settings.confirmWithinSeconds != nil)
                ?? deviceFlaw(of: run, member, result)
            let isUnlucky = isGentle && result != .verified
            return (flaw.map { ["\(run.node) is \(run.state.word): \($0)"] } ?? [])
                + (isUnlucky ? ["\(run.node) is \(run.state.word) for no reason"] : []) + debtFlaws(of: run, member)
        } + takeBroken()
    }
}

extension FleetModel {
    /// What is not as before and nobody owes; and what is owed although its node ended well.
    private func debtFlaws(of run: NodeRun, _ member: SimulatedMember) -> [String] {
        let remains = kept.debt(of: run)?.remains ?? ""
        let told = remains + renounced
        let tie = member.forgottenTie(told)
        let guest = member.evacuates ? guests.forgotten(of: run.node, told).map { "guest \($0) is not as before" } : nil
        let isSettled = run.state.result != .verified || remains.isEmpty
        return [tie, guest].compactMap { $0.map { "\(run.node): \($0), and nobody owes it" } }
            + (isSettled ? [] : ["\(run.node) is verified, and is owed: \(remains)"])
    }

    /// A guest whose undo has failed with the host as before, and that is without what it had.
    private func deviceFlaw(of run: NodeRun, _ member: SimulatedMember, _ result: NodeResult) -> String? {
        let isAsBefore = !member.isOnDisk && !member.isInImage && !member.isRunning && member.trial != .stuck
        let hasFailed = if case .lost = result { false } else { result.problem != nil }
        guard hasFailed, isAsBefore, run.work.setsGuestsFirst, isGuarded(run), !member.hasHistory else { return nil }
        let told = result.problem?.error.message ?? ""
        return guests.of(run.node).first { $0.isSet && !told.contains("\($0.vm)") }.map {
            "guest \($0.vm) is without what it had"
        }
    }

    /// The nodes that are owed something.
    var debts: [NodeDebt] { kept.nodes.compactMap { kept.debt(of: $0) } }
}

extension SimulatedMember {
    /// What contradicts that its roll-out ended so.
    func flaw(in result: NodeResult, _ run: NodeRun, _ guests: SimulatedGuests, isGuarded: Bool = true) -> String? {
        let isUntouched = hasHistory && [.held, .skipped].contains(result)
        if lock != nil, result.problem?.leftLocked != true, !isUntouched { return "its lock was forgotten" }
        if !hasHistory, let tie = forgottenTie(result.problem?.error.message ?? "") { return tie }
        if !hasHistory, let vm = guests.forgotten(result, run) { return "guest \(vm) is not as before" }
        switch result {
        case .verified:
            if run.work.writesFiles, !isOnDisk { return "its files are not there" }
            if run.work.reboots, !isRunning { return "its devices are not bound" }
            if run.work.reboots, isGuarded, trial != .confirmed { return "it is not confirmed" }
            if !run.work.guests.isEmpty, !guests.areSet(name) { return "a guest was forgotten" }
        case .held where hasHistory, .skipped where hasHistory: break
        case .held, .skipped: if isOnDisk || reboots > 0 || guests.isAnySet(name) { return "it was touched" }
        case .reverted where hasHistory: break
        case .reverted:
            if isOnDisk || isRunning || (trial != .reverted && run.tries == 1) { return "it is not back as it was" }
        case .failed, .lost: break
        }
        return nil
    }
}
