package import Fleet

extension NodeRun {
    /// Something may have been done to it that stays.
    package var isChanged: Bool {
        switch state {
        case .leftAlone: false
        case .queued: earlierResult?.leavesChanges ?? false
        case .active: true
        // One that put itself back has taken back what an earlier try left, too.
        case .ended(.reverted): false
        case .ended(let result): result.leavesChanges || earlierResult?.leavesChanges == true
        }
    }
}

extension NodeResult {
    fileprivate var leavesChanges: Bool {
        switch self {
        case .held, .skipped, .reverted: false
        case .verified: true
        case .failed(let problem), .lost(let problem): !Self.isUntouched(at: problem.step)
        }
    }

    private static func isUntouched(at step: String) -> Bool {
        let step = step.hasPrefix("recover-") ? step.dropFirst("recover-".count) : step[...]
        return ["lock", "review-debt", "check", "arm", "note-guests"].contains(step) || step.hasPrefix("evacuate-")
    }
}

extension Fleet.Rollout.Phase {
    package var stoppedBy: NodeName? {
        switch self {
        case .stopping(.failure(let node)), .ended(.stopped(.failure(let node))): node
        default: nil
        }
    }

    package var waitsUntil: Timestamp? {
        switch self {
        case .pausing(let until): until
        case .waiting(let until): until == .endOfTime ? nil : until
        default: nil
        }
    }

    package var phrase: String {
        switch self {
        case .ready: "not started"
        case .running: "running"
        case .pausing(let until): "pausing until \(until.iso8601)"
        case .waiting(until: .endOfTime): "waiting for other roll-outs"
        case .waiting(let until): "waiting for a maintenance window, until \(until.iso8601)"
        case .draining: "finishing what is in flight, then suspended"
        case .suspended: "suspended"
        case .stopping: "finishing what is in flight, then stopped"
        case .ended(.completed): "completed"
        case .ended(.completedWithFailures): "completed; some nodes failed"
        case .ended(.stopped(.failure(let node))): "stopped by the failure of \(node)"
        case .ended(.stopped(.aborted)): "aborted"
        }
    }
}

extension NodeResult {
    package var phrase: String {
        guard let problem else {
            return switch self {
            case .verified: "verified by a fresh look"
            case .skipped: "skipped: nothing was done to it"
            default: "held: nothing was done to it"
            }
        }
        return "\(NodeState.ended(self).word) at \(problem.step): \(problem.error.message)"
    }

    package var style: Style {
        switch self {
        case .verified: .good
        case .held, .skipped: .warning
        case .failed, .lost, .reverted: .bad
        }
    }
}

extension NodeEffect.Action {
    package var phrase: String {
        switch self {
        case .lock: "taking the node's lock"
        case .reviewDebt: "looking what earlier roll-outs owe it still"
        case .check: "looking whether it still is what was planned for"
        case .checkAgain: "looking whether what is left to do still is what was planned"
        case .arm: "setting up the way back"
        case .holdCluster: "telling the cluster that it goes away"
        case .releaseCluster: "putting back what was set in the cluster"
        case .awaitHome: "waiting for what the cluster had moved away"
        case .noteGuests: "noting which guests run"
        case .evacuate(let guests): guests.departurePhrase
        case .bringBack(let guest): guest.returnPhrase
        case .write: "backing up and writing files"
        case .run(let command): "running \(command.rawValue)"
        case .proveDisk: "proving what is on disk"
        case .reboot, .rebootAgain: "rebooting"
        case .awaitReturn: "waiting for a new boot id"
        case .proveBoot: "proving the drivers"
        case .confirm: "confirming the new settings"
        case .awaitRevert: "waiting until it has put itself back"
        case .setGuest(let vm): "setting VM \(vm)"
        case .resetGuest(let vm): "giving VM \(vm) back what it gave up"
        case .readBack: "reading the guests back"
        case .unlock: "giving the lock back"
        case .recover: "looking where it stands"
        }
    }
}

extension [GuestStay] {
    fileprivate var departurePhrase: String {
        let away = compactMap { guest in guest.target.map { "migrating \(guest.title) to \($0)" } }
        let down = filter { $0.ran && $0.target == nil }.map(\.title)
        return (away + (down.isEmpty ? [] : ["shutting down \(down.joined(separator: ", "))"])).joined(separator: ", ")
    }
}

extension GuestStay {
    fileprivate var returnPhrase: String {
        if target != nil { return "migrating \(title) home" }
        return ran ? "starting \(title)" : "letting \(title) start with the node"
    }
}

extension RolloutEvent.Kind {
    /// One word; stable, part of JSON.
    package var word: String {
        switch self {
        case .override: "overridden"
        case .owed: "debts-taken-over"
        case .start: "started"
        case .resume: "resumed"
        case .finished(_, .done), .finished(_, .seen), .finished(_, .compared), .finished(_, .reverted),
            .finished(_, .noted), .finished(_, .foundCluster), .finished(_, .reviewed):
            "step-done"
        case .finished(_, .failed): "step-failed"
        case .tick: "pause-over"
        case .suspend: "suspend-asked"
        case .abort: "abort-asked"
        case .skip: "skip-asked"
        case .retry: "retry-asked"
        case .refused: "order-refused"
        case .elsewhere: "others-away"
        }
    }

    /// The effect that a step waited for.
    package var effect: EffectID? {
        if case .finished(let effect, _) = self { effect } else { nil }
    }

    package var phrase: String {
        switch self {
        case .override(let overrides): "overridden: \(overrides.map(\.description).joined(separator: ", "))"
        case .owed(let debts): debts.map(\.phrase).joined(separator: " ")
        case .start: "started"
        case .resume: "a driver took over"
        case .finished(let effect, .done): "\(effect.node): \(effect.step) done"
        case .finished(let effect, .seen(let boot)): "\(effect.node): \(effect.step) seen in boot \(boot)"
        case .finished(let effect, .compared(let misses)):
            "\(effect.node): \(effect.step) done, "
                + (misses.isEmpty ? "as foreseen" : misses.map(\.phrase).joined(separator: "; "))
        case .finished(let effect, .reverted(let report)): "\(effect.node): \(effect.step) done, \(report.phrase)"
        case .finished(let effect, .noted(let guests)):
            "\(effect.node): \(effect.step) done, "
                + (guests.isEmpty ? "no guest to care for" : guests.map(\.phrase).joined(separator: ", "))
        case .finished(let effect, .reviewed(let review)): "\(effect.node): \(effect.step) done, \(review.phrase)"
        case .finished(let effect, .foundCluster(let hold)): "\(effect.node): \(effect.step) done, \(hold.phrase)"
        case .finished(let effect, .failed(let failure)):
            "\(effect.node): \(effect.step) failed: \(failure.error.message) [\(failure.error.code)]"
        case .tick: "time passed"
        case .suspend: "asked to suspend"
        case .abort: "asked to abort"
        case .skip(let node): "\(node): asked to skip it"
        case .retry(let node): "\(node): asked to take it up again"
        case .refused(let order, let reason): "\(RolloutEvent.Kind(order).phrase), and refused: \(reason)"
        case .elsewhere(let others): others.phrase
        }
    }
}

extension [NodeElsewhere] {
    /// `nodes wait for pve2 of the roll-out 20260501-101500-4f2a (cluster lab)`
    package var phrase: String {
        guard !isEmpty else { return "no other roll-out is in the way any more" }
        let parts = Dictionary(grouping: self, by: \.rollout).sorted { $0.key < $1.key }.map { rollout, nodes in
            let shared = Set(nodes.flatMap(\.domains).map(\.phrase)).sorted().joined(separator: ", ")
            return "\(NameSet.fold(nodes.map(\.node))) of the roll-out \(rollout) (\(shared))"
        }
        return "nodes wait for " + parts.joined(separator: " and ")
    }
}

extension FailureDomain {
    fileprivate var phrase: String { "\(label ?? "cluster") \(value)" }
}

extension NodeDebt {
    /// `pve1 is owed by the roll-out gpu-1: Not seen to run again: VM 100 (qm start 100).`
    package var phrase: String { "\(node) is owed by the roll-out \(rollout): \(remains)" }
}

extension DebtReview {
    /// `VM 100 runs again already. Still owed: Not seen to run again: CT 201 (pct start 201).`
    package var phrase: String {
        let remains = [hold?.remains, stays.remains].compactMap(\.self)
        return (notes + (remains.isEmpty ? ["nothing is owed any more"] : ["still owed:"] + remains)).joined(
            separator: " ")
    }
}

extension ClusterHold {
    /// `needs HA maintenance (vm:100 leaves) and noout for osd.0`
    package var phrase: String {
        var needs: [String] = []
        let leaves = services.isEmpty ? "" : " (\(services.joined(separator: ", ")) leaves)"
        if maintenance == .set { needs.append("HA maintenance" + leaves) }
        if !noout.isEmpty { needs.append("noout for " + noout.map { "osd.\($0)" }.joined(separator: ", ")) }
        return needs.isEmpty ? "its cluster is prepared already" : "needs " + needs.joined(separator: " and ")
    }
}

extension GuestStay {
    /// `VM 100 runs`, `VM 100 runs and goes to pve2`
    package var phrase: String {
        let journey = target.map { " and goes to \($0)" } ?? obstacle.map { " and can't be migrated (\($0))" } ?? ""
        return ran ? "\(title) runs\(journey)" : "\(title) starts with the node"
    }
}

extension GuardReport {
    /// `put itself back (no confirmation within 600 s): /etc/modules, /etc/default/grub`
    package var phrase: String {
        let files = filesBack.isEmpty ? "no file was changed" : filesBack.joined(separator: ", ")
        let kept = kept.isEmpty ? "" : "; changed by somebody else and kept: " + self.kept.joined(separator: ", ")
        return "put itself back (\(reason ?? "for no reason it told")): \(files)\(kept)"
    }
}

extension ForecastMiss {
    /// `interface eno1: foreseen eno1, seen enp6s0`
    package var phrase: String { "\(what): foreseen \(foreseen), seen \(seen)" }
}
