public import Fleet
public import Logging
import Store

/// Carries a stored roll-out out: takes each event, journals it, and only then acts on it.
///
/// A driver may die at any moment. Another one goes on from the journal: nodes in mid-step are looked at first.
public struct RolloutDriver: Sendable {
    let store: any RolloutStore
    let journal: any RolloutJournal
    let opener: any NodeOpener
    let judge: any NodeJudge
    let time: any TimeSource
    let holder: LeaseHolder
    /// The machine that this runs on.
    let controller: ControllerIdentity
    let logger: Logger

    var leases: LeaseKeeper { LeaseKeeper(store: store, holder: holder, time: time, logger: logger) }

    /// `holder`: this process, as others shall read it. `journal`: where events go; the store unless a test steps in.
    public init(
        store: any RolloutStore, opener: any NodeOpener, judge: any NodeJudge, holder: LeaseHolder,
        time: any TimeSource = SystemTime(), controller: ControllerIdentity = .thisMachine,
        journal: (any RolloutJournal)? = nil,
        logger: Logger = Logger(label: "vfiofleet.rollout")
    ) {
        self.store = store
        self.journal = journal ?? store
        self.opener = opener
        self.judge = judge
        self.time = time
        self.holder = holder
        self.controller = controller
        self.logger = logger
    }

    /// Begins a roll-out, or goes on with one that was interrupted or suspended, until it has ended or is suspended.
    ///
    /// `controls`: orders from this process; those from others are read from the store.
    /// `aborting`: nodes in the middle of a step are brought to their end, and no other is begun.
    ///
    /// Reports to `events` and ends it. Fails with `lease-held` while another driver is at it (one that is known to be
    /// dead is not waited for), `lease-lost`, `rollout-unknown`, `cancelled`, and whatever the store fails with; the
    /// roll-out can then be driven again.
    public func drive(
        _ id: RolloutID, aborting: Bool = false, controls: AsyncStream<RolloutOrder>? = nil,
        events: AsyncStream<RolloutProgress>.Continuation? = nil
    ) async throws(FleetError) -> Rollout {
        defer { events?.finish() }
        guard try await !store.rollout(id).rollout.isEnded else { return try await settle(id, events) }
        let lease = try await leases.acquire(Lease.name(for: id))
        do throws(FleetError) {
            let rollout = try await drive(id, under: lease, aborting, controls, events)
            try await store.release(lease)
            events?.yield(.settled(rollout))
            return rollout
        } catch {
            try? await leases.release(lease)
            throw error.code.rawValue.hasPrefix("store-") ? await stopped(id, by: error) : error
        }
    }

    /// What a failure of the database leaves behind, as far as it can still be read.
    private func stopped(_ id: RolloutID, by error: FleetError) async -> FleetError {
        var error = error
        // One that can't be read tells nothing about its nodes.
        guard let rollout = try? await store.rollout(id).rollout else { return error }
        let active = rollout.nodes.filter { $0.state.step != nil }
        let places = active.map { "\($0.node) at \($0.state.step?.name ?? "")" }.joined(separator: ", ")
        let remains = active.compactMap { run in run.remains.map { "\(run.node): \($0)" } }.joined(separator: " ")
        let midway = active.isEmpty ? "between two nodes" : "midway, with \(places)"
        error.message += " The roll-out \(id) has stopped \(midway)." + (remains.isEmpty ? "" : " \(remains)")
        let advice = error.advice.map { "\($0) " } ?? ""
        error.advice = advice + "Then go on with it: vfiofleet rollout resume \(id)."
        return error
    }

    private func settle(
        _ id: RolloutID, _ events: AsyncStream<RolloutProgress>.Continuation?
    ) async throws(FleetError) -> Rollout {
        let rollout = try await store.rollout(id).rollout
        events?.yield(.settled(rollout))
        return rollout
    }

    /// Who drives a roll-out at this moment, in another process; nil = nobody that is known to live.
    public static func holder(
        of id: RolloutID, in store: any LeaseStore, at time: Timestamp
    ) async throws(FleetError) -> String? {
        try await store.lease(Lease.name(for: id)).flatMap { $0.isHeld(at: time) ? $0.holder : nil }
    }

    private func drive(
        _ id: RolloutID, under lease: Lease, _ aborting: Bool, _ controls: AsyncStream<RolloutOrder>?,
        _ events: AsyncStream<RolloutProgress>.Continuation?
    ) async throws(FleetError) -> Rollout {
        // Read under the lease: what another driver did before is in it.
        let stored = try await store.rollout(id)
        let plan = try await store.plan(stored.rollout.plan)
        let run = RolloutRun(stored, overrides: plan.overrides, lease: lease, driver: self, events: events)
        let workers = try await workers(for: stored.rollout, plan, lease)
        let result: Result<Rollout, any Error>
        do { result = .success(try await run.drive(workers, aborting, controls)) } catch { result = .failure(error) }
        for worker in workers.values { await worker.session.drop() }
        switch result {
        case .success(let rollout): return rollout
        case .failure(let error as FleetError) where error.code != "cancelled": throw error
        case .failure:
            throw FleetError(
                "cancelled", "The roll-out \(id) was interrupted.",
                advice: "Go on with it: vfiofleet rollout resume \(id).")
        }
    }

    private func migrates(_ entry: FleetPlan.Entry) -> Bool {
        entry.plan.evacuation?.contains { $0.choice == .migrate } ?? false
    }

    private func sightings(_ entries: [FleetPlan.Entry]) -> [NodeName: ContentDigest] {
        let seen = entries.compactMap { entry in entry.facts.map { (entry.plan.node, $0) } }
        return Dictionary(seen, uniquingKeysWith: { first, _ in first })
    }

    private func workers(
        for rollout: Rollout, _ plan: FleetPlan, _ lease: Lease
    ) async throws(FleetError) -> [NodeName: NodeWorker] {
        let nodes = try await store.nodesEverKnown().map { ($0.name, $0) }
        let known = Dictionary(nodes, uniquingKeysWith: { first, _ in first })
        let work = plan.nodes.filter { rollout[$0.plan.node]?.hasWork == true }
        let clusters = Dictionary(grouping: work.filter { $0.plan.cluster != nil }) { $0.plan.cluster }
        var workers: [NodeName: NodeWorker] = [:]
        for entry in work {
            guard let node = known[entry.plan.node] else { continue }
            let peers = (clusters[entry.plan.cluster] ?? [entry]).filter { $0.plan.node != node.name }
            workers[node.name] = NodeWorker(
                entry: entry, purpose: plan.purpose, token: lease.token(for: rollout.id),
                session: NodeSession(node, opener),
                awayPeers: min(peers.count, rollout.limitOfCluster(of: node.name) - 1),
                patienceSeconds: max(1, rollout.settings.returnWithinSeconds),
                peers: migrates(entry) ? sightings(peers) : [:],
                driver: self)
        }
        return workers
    }
}
