import Fleet
import Logging
import Remote
import Store

/// Carries out the effects of one node. Believes nothing but a fresh look.
struct NodeWorker: Sendable {
    let entry: FleetPlan.Entry
    let purpose: FleetPlan.Purpose
    let token: FencingToken
    let session: NodeSession
    /// So many other nodes of its cluster may be away at the same time.
    let awayPeers: Int
    /// For so long the cluster may take to get ready for its absence, and to be as before again.
    let patienceSeconds: Int
    /// What the plans of the roll-out's other nodes in its cluster were made from, where guests are to be migrated.
    let peers: [NodeName: ContentDigest]
    let driver: RolloutDriver

    static let pollInterval = Duration.seconds(2)

    func perform(_ action: NodeEffect.Action) async -> Outcome {
        do throws(NodeFailure) {
            return switch action {
            case .lock: try await lock()
            case .reviewDebt(let debt): try await review(debt)
            case .check: try await check { $0.asksForTheSame(as: $1) }
            case .checkAgain: try await check { $0.isWhatIsLeft(of: $1) }
            case .arm(let seconds):
                try await order { [entry, token] node throws(NodeFailure) in
                    try await node.arm(withinSeconds: seconds, rebuilding: entry.plan.commands, token)
                }
            case .holdCluster(let hold): try await holdCluster(hold)
            case .releaseCluster(let hold): try await releaseCluster(hold)
            case .awaitHome(let hold): try await awaitHome(hold)
            case .noteGuests(let neighbours): try await noteGuests(neighbours)
            case .evacuate(let guests): try await evacuate(guests)
            case .bringBack(let guest): try await bringBack(guest)
            case .write:
                try await order { [entry, token] node throws(NodeFailure) in
                    try await node.write(entry.plan.files, token)
                }
            case .run(let command):
                try await order { [token] node throws(NodeFailure) in
                    _ = try await node.run(command, token)
                }
            case .proveDisk(let hold): try await prove(.disk, hold)
            case .reboot(let boot): try await reboot(from: boot)
            case .rebootAgain(let boot, let hold): try await rebootAgain(from: boot, hold)
            case .awaitReturn(let boot, let deadline): try await awaitReturn(from: boot, until: deadline)
            case .proveBoot: try await proveBoot()
            case .confirm(let boot, let deadline): try await confirm(boot, until: deadline)
            case .awaitRevert(let problem, let deadline): try await awaitRevert(because: problem, until: deadline)
            case .setGuest(let vm): try await set(vm)
            case .readBack: try await prove(.guests)
            case .resetGuest(let vm): try await reset(vm)
            case .unlock: try await order { [token] node throws(NodeFailure) in try await node.unlock(token) }
            case .recover(let deadline): try await recover(until: deadline)
            }
        } catch { return error.outcome }
    }

    /// A fresh look, kept in the node's history.
    func observe() async throws(NodeFailure) -> NodeFacts {
        let seen = try await session.use { node throws(NodeFailure) in try await node.observe() }
        let sighting = Sighting(of: session.node.name, at: driver.time.now(), answer: seen.answer)
        do throws(FleetError) { try await driver.store.keep(sighting) } catch {
            // The roll-out rests on its journal, not on the history.
            if !Task.isCancelled { driver.logger.warning("an observation was not kept: \(error)") }
        }
        return seen.facts
    }

    private func order(
        _ body: @Sendable (any NodeOperations) async throws(NodeFailure) -> Void
    ) async throws(NodeFailure) -> Outcome {
        try await session.use(body)
        return .done
    }

    // MARK: - Steps

    func lock() async throws(NodeFailure) -> Outcome {
        let token = token
        do throws(NodeFailure) {
            try await session.use { node throws(NodeFailure) in try await node.lock(token) }
        } catch {
            guard error.error.code == "node-locked" else { throw error }
            try await releaseLeftoverLocks(error)
            try await session.use { node throws(NodeFailure) in try await node.lock(token) }
        }
        return .done
    }

    /// A node that was lost, or whose unlocking failed, keeps its lock. Once that roll-out has ended, it means nothing.
    private func releaseLeftoverLocks(_ refusal: NodeFailure) async throws(NodeFailure) {
        let name = session.node.name
        let earlier: [StoredRollout]
        do throws(FleetError) { earlier = try await driver.store.rollouts(of: name) } catch {
            throw .refused(error, nil)
        }
        let left = earlier.map(\.rollout).filter {
            $0.isEnded && $0.id != token.rollout && $0[name]?.state.result?.problem?.leftLocked == true
        }
        guard !left.isEmpty else { throw refusal }
        for rollout in left {
            let old = FencingToken(number: token.number, rollout: rollout.id)
            try await session.use { node throws(NodeFailure) in try await node.unlock(old) }
        }
    }

    /// `isApproved`: whether a plan from a fresh look may stand for the approved one.
    private func check(_ isApproved: (NodePlan, NodePlan) -> Bool) async throws(NodeFailure) -> Outcome {
        let facts = try await observe()
        if purpose == .apply {
            let fresh = driver.judge.plan(session.node.name, facts, entry.settings).owing(entry.plan.debt)
            guard isApproved(fresh, entry.plan) else {
                return .failed(
                    .init(.factsChanged(fresh, entry.plan), evidence: fresh.blockers.flatMap(\.evidence)))
            }
        }
        if let refusal = quorumRefusal(facts) { return .failed(.init(refusal)) }
        if entry.plan.hostsController != true, let refusal = controllerRefusal(facts) {
            return .failed(.init(refusal))
        }
        return try await askCluster(facts)
    }

    /// A cluster that is not whole is not weakened further. Of one that can't bear any reboot even when it is (two nodes
    /// without a QDevice) the plan said that it will lose its quorum, and that was approved.
    func quorumRefusal(_ facts: NodeFacts) -> FleetError? {
        guard entry.plan.reboot else { return nil }
        if case .unknown(let why) = facts.cluster { return .clusterUnknown(session.node.name, why.detail) }
        guard let cluster = facts.cluster.value, cluster.name != nil else { return nil }
        guard let votes = cluster.votes(withoutThisAnd: awayPeers) else {
            return .clusterUnknown(session.node.name, "It tells no votes.")
        }
        guard votes.left < votes.needed else { return nil }
        let couldBearIt = cluster.couldBear(theLossOfThisAnd: awayPeers)
        guard couldBearIt || awayPeers > 0 else { return nil }
        return FleetError(
            "quorum-at-risk",
            "\(session.node.name) is not rebooted: its cluster would be left with \(votes.left) votes and needs \(votes.needed).",
            advice: couldBearIt
                ? "Bring the members that are missing back (pvecm status), then apply again."
                : "Not even the whole cluster bears \(awayPeers + 1) members away: lower per-cluster in the playbook.")
    }

    private func reboot(from boot: BootID) async throws(NodeFailure) -> Outcome {
        let token = token
        try await session.use { node throws(NodeFailure) in try await node.reboot(from: boot, token) }
        await session.drop()
        return .done
    }

    /// One that was told so before may be going down already, and can't tell of its cluster any more: then it is waited for.
    private func rebootAgain(from boot: BootID, _ hold: ClusterHold?) async throws(NodeFailure) -> Outcome {
        let deadline = driver.time.now().adding(seconds: patienceSeconds)
        while true {
            do throws(NodeFailure) {
                let facts = try await observe()
                if facts.bootID == .known(boot), let refusal = try await rebootRefusal(facts, hold) {
                    throw .refused(refusal, nil)
                }
                return try await reboot(from: boot)
            } catch {
                guard error.error.isClusterUnknown, driver.time.now() < deadline else { throw error }
            }
            try await wait()
        }
    }

    private func awaitReturn(from boot: BootID, until deadline: Timestamp) async throws(NodeFailure) -> Outcome {
        var last: NodeFailure?
        while true {
            await session.drop()
            do throws(NodeFailure) {
                if case .known(let now) = try await observe().bootID, now != boot { return .seen(now) }
                last = nil
            } catch { last = error }
            guard driver.time.now() < deadline else { return .failed(.init(.lost(session.node.name, last?.error))) }
            try await wait()
        }
    }

    /// An earlier order may still run on the node, or its guard; they are waited for.
    private func recover(until deadline: Timestamp) async throws(NodeFailure) -> Outcome {
        while true {
            do throws(NodeFailure) {
                _ = try await lock()
                guard case .known(let boot) = try await observe().bootID else {
                    return .failed(.init(.bootUnknown(session.node.name)))
                }
                return .seen(boot)
            } catch {
                guard error.isContactLost || error.isBusy, driver.time.now() < deadline else { throw error }
            }
            await session.drop()
            try await wait()
        }
    }

    /// Again and again while it is refused for one of these reasons, as long as the node may be away.
    func patiently<Value: Sendable>(
        _ passing: Set<FleetError.Code>, _ body: () async throws(NodeFailure) -> Value
    ) async throws(NodeFailure) -> Value {
        let deadline = driver.time.now().adding(seconds: patienceSeconds)
        while true {
            do throws(NodeFailure) { return try await body() } catch {
                guard passing.contains(error.error.code), driver.time.now() < deadline else { throw error }
            }
            try await wait()
        }
    }

    func wait(_ duration: Duration = Self.pollInterval) async throws(NodeFailure) {
        do { try await driver.time.sleep(for: duration) } catch {
            throw .refused(FleetError("cancelled", "The work was cancelled."), nil)
        }
    }
}

extension NodeFailure {
    /// The node could not be talked to, for a reason that may pass.
    var isContactLost: Bool {
        switch self {
        case .remote(let failure):
            switch failure.code {
            case .connectionRefused, .unreachable, .connectTimedOut, .notSSH, .turnedAway, .handshakeTimedOut,
                .loginTimedOut, .jumpFailed, .commandTimedOut, .silent, .connectionLost, .protocolError:
                true
            case .nameNotResolved, .noCommonAlgorithm, .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked,
                .keyFileUnreadable, .passphraseNeeded, .loginRefused, .becomeRefused, .cancelled, .settingsInvalid:
                false
            }
        case .refused(let error, _): error.code == "node-answer-incomplete"
        }
    }

    /// Something else is at work on the node: an earlier order, or its guard.
    fileprivate var isBusy: Bool { ["node-busy", "node-put-back"].contains(error.code) }

    fileprivate var outcome: Outcome {
        .failed(.init(error, evidence: evidence.map { [$0] } ?? [], isContactLost: isContactLost))
    }
}

extension NodePlan {
    /// Whether carrying out either would do the same. Reasons are words for people.
    func asksForTheSame(as other: NodePlan) -> Bool {
        verdict == other.verdict && files == other.files && commands == other.commands && reboot == other.reboot
            && guests == other.guests && wanted == other.wanted && overridden == other.overridden
    }

    /// What is let pass, in words: it was agreed to as it was told. The risk is judged when a plan is made.
    fileprivate var overridden: Set<String> {
        let risk = OverridableReason.riskTooHigh.rawValue
        return Set(reasons.filter { $0.severity == .overridden && $0.code.rawValue != risk }.map(\.message))
    }

    /// Whether carrying out `other` does all that this asks for: some of it may have been done already.
    func isWhatIsLeft(of other: NodePlan) -> Bool {
        (verdict == .unchanged || verdict == other.verdict) && files.allSatisfy(other.files.contains)
            && commands.allSatisfy(other.commands.contains) && (other.reboot || !reboot)
            && guests.allSatisfy { change in other.guests.contains { $0.vm == change.vm && $0.covers(change) } }
            && wanted == other.wanted
    }

    var blockers: [Reason] { reasons.filter { $0.severity == .blocker } }
}

extension FleetError {
    fileprivate static func clusterUnknown(_ node: NodeName, _ why: String) -> FleetError {
        FleetError(
            "cluster-unknown", "\(node) is not rebooted: how it stands in its cluster could not be told. \(why)",
            advice: "Look at it on the node: pvecm status; systemctl status corosync pve-cluster.")
    }

    fileprivate static func bootUnknown(_ node: NodeName) -> FleetError {
        FleetError(
            "boot-id-unknown", "\(node) did not tell which boot it runs.",
            advice: "Look whether /proc/sys/kernel/random/boot_id can be read there.")
    }

    fileprivate static func factsChanged(_ fresh: NodePlan, _ approved: NodePlan) -> FleetError {
        var differences: [String] = []
        if fresh.verdict != approved.verdict { differences.append("the verdict is now \(fresh.verdict.rawValue)") }
        if fresh.files != approved.files { differences.append("other file changes would be needed") }
        if fresh.commands != approved.commands { differences.append("other commands would be needed") }
        if fresh.reboot != approved.reboot {
            differences.append("a reboot is \(fresh.reboot ? "now" : "no longer") needed")
        }
        if fresh.guests != approved.guests { differences.append("other guest options would be needed") }
        if fresh.wanted != approved.wanted { differences.append("other devices are meant") }
        if fresh.overridden != approved.overridden { differences.append("something else would be overridden") }
        let blockers = fresh.blockers.map { $0.message.hasSuffix(".") ? String($0.message.dropLast()) : $0.message }
        return FleetError(
            "facts-changed-since-plan",
            "\(approved.node) is not what the plan was made for: " + (differences + blockers).joined(separator: "; ")
                + ".",
            advice: "Make a new plan and look at it: vfiofleet plan.")
    }
}
