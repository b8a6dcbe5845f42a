public import Fleet
public import Store

/// Where leases are kept.
public protocol LeaseStore: Sendable {
    func lease(_ name: String) async throws(FleetError) -> Lease?
    func acquireLease(
        _ name: String, for holder: String, seconds: Int, at time: Timestamp
    ) async throws(FleetError) -> Lease
    func renew(_ lease: Lease, seconds: Int, at time: Timestamp) async throws(FleetError) -> Lease
    func release(_ lease: Lease) async throws(FleetError)
    /// Releases it also when the calling task is cancelled: nobody shall wait for who has given up.
    func abandon(_ lease: Lease) async throws(FleetError)
}

/// Where a driver writes an event and the state after it, before it acts.
public protocol RolloutJournal: Sendable {
    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError)
}

/// What a driver reads and keeps. Each call is one transaction; what it promises is told where `Store` keeps it.
///
/// A port, because thousands of courses of a roll-out are simulated, and a database would be most of what they cost.
public protocol RolloutStore: RolloutJournal, LeaseStore {
    func rollout(_ id: RolloutID) async throws(FleetError) -> StoredRollout
    func rollouts(latest count: Int) async throws(FleetError) -> [StoredRollout]
    func openRollouts() async throws(FleetError) -> [StoredRollout]
    func rollouts(of node: NodeName) async throws(FleetError) -> [StoredRollout]
    func plan(_ digest: ContentDigest) async throws(FleetError) -> FleetPlan
    func nodesEverKnown() async throws(FleetError) -> [Node]
    func openOrders(of id: RolloutID) async throws(FleetError) -> [GivenOrder]
    func nodesElsewhere(than rollout: Rollout) async throws(FleetError) -> [NodeElsewhere]
    func debts() async throws(FleetError) -> [NodeDebt]
    func answer(_ digest: ContentDigest) async throws(FleetError) -> StoredAnswer?
    func keep(_ sighting: Sighting) async throws(FleetError)
}

extension Store: RolloutStore {
    /// Retired ones too: one may leave the inventory while a roll-out is under way.
    public func nodesEverKnown() async throws(FleetError) -> [Node] { try await allNodes().map(\.node) }

    public func keep(_ sighting: Sighting) async throws(FleetError) { _ = try await record([sighting]) }

    /// In a task of its own: the store does nothing for one that is cancelled.
    public func abandon(_ lease: Lease) async throws(FleetError) {
        let release = Task { () -> FleetError? in
            do throws(FleetError) { try await self.release(lease) } catch { return error }
            return nil
        }
        if let failure = await release.value { throw failure }
    }
}

extension RolloutStore {
    /// How long nodes took in the latest roll-outs, this one left out.
    public func pace(before id: RolloutID) async throws(FleetError) -> RolloutPace {
        RolloutPace(of: try await rollouts(latest: 6).map(\.rollout).filter { $0.id != id })
    }
}
