import Engine
import Fleet
import Foundation
import Store

/// What a simulated controller's database holds. `Store` is one too.
protocol SimulatedLedger: RolloutStore {
    /// Keeps a plan and a roll-out of it.
    func begin(
        _ plan: FleetPlan, at time: Timestamp, _ draft: @Sendable (ContentDigest) -> Rollout
    ) async throws(FleetError) -> Rollout
    func give(_ order: RolloutOrder, to id: RolloutID, at time: Timestamp, by actor: String) async throws(FleetError)
}

extension Store: SimulatedLedger {
    func begin(
        _ plan: FleetPlan, at time: Timestamp, _ draft: @Sendable (ContentDigest) -> Rollout
    ) async throws(FleetError) -> Rollout {
        let rollout = draft(try await save(plan, at: time))
        try await create(rollout, at: time, by: "test")
        return rollout
    }
}

/// As `Store` keeps roll-outs that come one after the other, without a file: what a test in `DriverSimulationTests` compares with the real one.
final class MemoryLedger: SimulatedLedger, @unchecked Sendable {
    /// The one under way, or the last.
    private var stored: StoredRollout
    private var ended: [StoredRollout] = []
    private var plans: [ContentDigest: FleetPlan]
    private let nodes: [Node]
    private var owed: [NodeName: NodeDebt] = [:]
    private var held: [String: Lease] = [:]
    private var lastNumber: UInt64 = 0
    private var orders: [GivenOrder] = []
    private var lastOrder = 0

    init(_ rollout: Rollout, _ plan: FleetPlan, _ nodes: [Node], at time: Timestamp) {
        stored = StoredRollout(rollout: rollout, lastEvent: 0, createdAt: time, createdBy: "test", updatedAt: time)
        plans = [rollout.plan: plan]
        self.nodes = nodes
    }

    func begin(
        _ plan: FleetPlan, at time: Timestamp, _ draft: @Sendable (ContentDigest) -> Rollout
    ) async throws(FleetError) -> Rollout {
        guard let digest = ContentDigest(bytes: [UInt8](repeating: UInt8(8 + ended.count), count: 32)) else {
            throw FleetError("digest-invalid", "No digest.")
        }
        let rollout = draft(digest)
        plans[digest] = plan
        ended.append(stored)
        stored = StoredRollout(rollout: rollout, lastEvent: 0, createdAt: time, createdBy: "test", updatedAt: time)
        return rollout
    }

    private var all: [StoredRollout] { ended + [stored] }

    func rollout(_ id: RolloutID) async throws(FleetError) -> StoredRollout {
        guard let found = all.first(where: { $0.rollout.id == id }) else {
            throw FleetError("rollout-unknown", "There is none.")
        }
        return found
    }
    func rollouts(latest count: Int) async throws(FleetError) -> [StoredRollout] { Array(all.reversed().prefix(count)) }
    func openRollouts() async throws(FleetError) -> [StoredRollout] { stored.rollout.isEnded ? [] : [stored] }
    func rollouts(of node: NodeName) async throws(FleetError) -> [StoredRollout] {
        all.filter { $0.rollout[node]?.hasWork == true }
    }
    func plan(_ digest: ContentDigest) async throws(FleetError) -> FleetPlan {
        guard let plan = plans[digest] else { throw FleetError("plan-unknown", "There is none.") }
        return plan
    }
    func debts() async throws(FleetError) -> [NodeDebt] { owed.values.sorted { $0.node < $1.node } }
    func nodesEverKnown() async throws(FleetError) -> [Node] { nodes }
    func answer(_ digest: ContentDigest) async throws(FleetError) -> StoredAnswer? { nil }
    func keep(_ sighting: Sighting) async throws(FleetError) {}

    // MARK: - The journal

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        try require(lease)
        guard number == stored.lastEvent + 1 else { throw FleetError("rollout-journal-conflict", "Not the next.") }
        if event.order == nil, !orders.isEmpty, rollout.isEnded || !rollout.begun.isEmpty {
            throw FleetError("rollout-uninformed", "There are orders.")
        }
        orders = rollout.isEnded ? [] : orders.filter { $0.number != event.order }
        stored.rollout = rollout
        stored.lastEvent = number
        stored.updatedAt = event.at
        for run in rollout.changed.map({ rollout.nodes[$0] }) where run.state.result != nil {
            let debt = rollout.debt(of: run)
            if debt != nil || run.wasBegun { owed[run.node] = debt }
        }
    }

    func give(_ order: RolloutOrder, to id: RolloutID, at time: Timestamp, by actor: String) async throws(FleetError) {
        guard !stored.rollout.isEnded else { throw FleetError("rollout-ended", "It has ended.") }
        let run = order.node.flatMap { stored.rollout[$0] }
        if let reason = order.refusal(by: run, after: orders.map(\.order)) { throw FleetError("order-refused", reason) }
        lastOrder += 1
        orders.append(GivenOrder(number: lastOrder, order: order))
    }

    func openOrders(of id: RolloutID) async throws(FleetError) -> [GivenOrder] { orders }
    func nodesElsewhere(than rollout: Rollout) async throws(FleetError) -> [NodeElsewhere] { [] }

    /// What a process that begins reads is what was written down.
    func read(expecting rollout: Rollout) throws {
        let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
        let header = try decoder.decode(Rollout.Header.self, from: encoder.encode(stored.rollout.header))
        let nodes = try decoder.decode([NodeRun].self, from: encoder.encode(stored.rollout.nodes))
        let read = Rollout(header: header, nodes: nodes)
        guard read == rollout else { throw FleetError("read-otherwise", "It is not read as it was written.") }
        stored.rollout = read
    }

    // MARK: - The lease

    func lease(_ name: String) async throws(FleetError) -> Lease? { held[name] }

    func acquireLease(
        _ name: String, for holder: String, seconds: Int, at time: Timestamp
    ) async throws(FleetError) -> Lease {
        if let held = held[name], held.expiresAt > time { throw FleetError("lease-held", "\(held.holder) has it.") }
        lastNumber = max(lastNumber + 1, UInt64(clamping: time.milliseconds))
        let lease = Lease(
            name: name, holder: holder, number: lastNumber, takenAt: time, expiresAt: time.adding(seconds: seconds))
        held[name] = lease
        return lease
    }

    func renew(_ lease: Lease, seconds: Int, at time: Timestamp) async throws(FleetError) -> Lease {
        try require(lease)
        var renewed = lease
        renewed.expiresAt = time.adding(seconds: seconds)
        held[lease.name] = renewed
        return renewed
    }

    func release(_ lease: Lease) async throws(FleetError) {
        if held[lease.name]?.number == lease.number { held[lease.name] = nil }
    }
    func abandon(_ lease: Lease) async throws(FleetError) { try await release(lease) }

    private func require(_ lease: Lease) throws(FleetError) {
        guard held[lease.name]?.number == lease.number else { throw FleetError("lease-lost", "Another one has it.") }
    }
}
