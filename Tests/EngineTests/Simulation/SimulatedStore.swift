import Engine
import Fleet
import Store

/// One controller's way to the database: it takes its time, and ends with the controller.
struct SimulatedStore: RolloutStore {
    let course: Course
    let controller: SimulatedController

    /// `isLast`: for who has given up, too.
    private func call<Value: Sendable>(
        isLast: Bool = false, _ body: (any SimulatedLedger) async throws(FleetError) -> Value
    ) async throws(FleetError) -> Value {
        try check(isLast)
        if !isLast, let delay = course.storeDelay() { _ = await course.wait(controller, for: delay) }
        try check(isLast)
        course.beginCall(on: controller.executor)
        defer { course.endCall() }
        return try await body(course.ledger)
    }

    private func check(_ isLast: Bool) throws(FleetError) {
        guard controller.isAlive else { throw FleetError("killed", "The controller is dead.") }
        if !isLast, Task.isCancelled { throw FleetError("cancelled", "The work was cancelled.") }
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        let death = course.death(at: event)
        if death == .beforeWriting { course.kill(controller) }
        try await call { ledger throws(FleetError) in
            try await ledger.append(event, number: number, after: rollout, under: lease)
        }
        course.journalled(event, rollout)
        switch death {
        case .afterWriting:
            course.kill(controller)
            throw FleetError("killed", "The controller is dead.")
        case .betweenEffects: course.doom(controller)
        case .beforeWriting, nil: break
        }
    }

    func rollout(_ id: RolloutID) async throws(FleetError) -> StoredRollout {
        try await call { ledger throws(FleetError) in try await ledger.rollout(id) }
    }
    func rollouts(latest count: Int) async throws(FleetError) -> [StoredRollout] {
        try await call { ledger throws(FleetError) in try await ledger.rollouts(latest: count) }
    }
    func openRollouts() async throws(FleetError) -> [StoredRollout] {
        try await call { ledger throws(FleetError) in try await ledger.openRollouts() }
    }
    func rollouts(of node: NodeName) async throws(FleetError) -> [StoredRollout] {
        try await call { ledger throws(FleetError) in try await ledger.rollouts(of: node) }
    }
    func plan(_ digest: ContentDigest) async throws(FleetError) -> FleetPlan {
        try await call { ledger throws(FleetError) in try await ledger.plan(digest) }
    }
    func nodesEverKnown() async throws(FleetError) -> [Node] {
        try await call { ledger throws(FleetError) in try await ledger.nodesEverKnown() }
    }
    func openOrders(of id: RolloutID) async throws(FleetError) -> [GivenOrder] {
        try await call { ledger throws(FleetError) in try await ledger.openOrders(of: id) }
    }
    func nodesElsewhere(than rollout: Rollout) async throws(FleetError) -> [NodeElsewhere] {
        try await call { ledger throws(FleetError) in try await ledger.nodesElsewhere(than: rollout) }
    }
    func debts() async throws(FleetError) -> [NodeDebt] {
        try await call { ledger throws(FleetError) in try await ledger.debts() }
    }
    func answer(_ digest: ContentDigest) async throws(FleetError) -> StoredAnswer? {
        try await call { ledger throws(FleetError) in try await ledger.answer(digest) }
    }
    func keep(_ sighting: Sighting) async throws(FleetError) {
        try await call { ledger throws(FleetError) in try await ledger.keep(sighting) }
    }

    func lease(_ name: String) async throws(FleetError) -> Lease? {
        try await call { ledger throws(FleetError) in try await ledger.lease(name) }
    }
    func acquireLease(
        _ name: String, for holder: String, seconds: Int, at time: Timestamp
    ) async throws(FleetError) -> Lease {
        try await call { ledger throws(FleetError) in
            try await ledger.acquireLease(name, for: holder, seconds: seconds, at: time)
        }
    }
    func renew(_ lease: Lease, seconds: Int, at time: Timestamp) async throws(FleetError) -> Lease {
        try await call { ledger throws(FleetError) in try await ledger.renew(lease, seconds: seconds, at: time) }
    }
    func release(_ lease: Lease) async throws(FleetError) {
        try await call { ledger throws(FleetError) in try await ledger.release(lease) }
    }
    func abandon(_ lease: Lease) async throws(FleetError) {
        try await call(isLast: true) { ledger throws(FleetError) in try await ledger.abandon(lease) }
    }
}
