import Engine
import Fleet
import Store
import Testing

/// The virtual time begins on 2027-01-15 at 08:00 UTC.
@Suite("Driving a roll-out within maintenance windows")
struct RolloutHoursTests {
    private func fleet(_ count: Int = 2, windows: String...) async throws -> SimulatedRollout {
        try await SimulatedRollout(
            count,
            settings: RolloutSettings(
                canaries: 0, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 300, confirmWithinSeconds: 300,
                windows: try windows.map { try #require(MaintenanceWindow($0)) }))
    }

    /// Until when it waits for a window; nil = it ended without.
    private func wait(of fleet: SimulatedRollout) async throws -> Timestamp? {
        while true {
            let rollout = try await fleet.store.rollout(fleet.id).rollout
            if case .waiting(let until) = rollout.phase { return until }
            if rollout.isEnded { return nil }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test(.timeLimit(.minutes(3))) func aWaitHoldsTheLeaseAndBeginsInTime() async throws {
        let fleet = try await fleet(windows: "daily 09:30-10:30")
        async let end = fleet.driver().drive(fleet.id)
        let opening = try #require(try await wait(of: fleet))
        #expect(try await fleet.store.lease(Lease.name(for: fleet.id)) != nil)
        let failure = await #expect(throws: FleetError.self) { try await fleet.driver(holder: "other").drive(fleet.id) }
        #expect(failure?.code == "lease-held")
        let rollout = try await end
        #expect(rollout.phase == .ended(.completed))
        for run in rollout.nodes { #expect(try #require(run.begunAt) >= opening, "\(run.node)") }
    }

    /// It is Friday: the window is days away.
    @Test(.timeLimit(.minutes(3)), arguments: [RolloutOrder.suspend, .abort])
    func aWaitCanBeSuspendedAndAborted(order: RolloutOrder) async throws {
        let fleet = try await fleet(windows: "Thu 03:00-05:00")
        async let end = fleet.driver().drive(fleet.id)
        #expect(try await wait(of: fleet) != nil)
        try await fleet.store.give(order, to: fleet.id, at: fleet.time.now(), by: "test")
        #expect(try await end.phase == (order == .abort ? .ended(.stopped(.aborted)) : .suspended))
        for node in fleet.nodes.values {
            #expect(await node.lock == nil)
            #expect(await node.reboots == 0)
        }
    }

    /// A driver that dies while it waits has lost nothing.
    @Test(.timeLimit(.minutes(3))) func anotherDriverGoesOnWaiting() async throws {
        let fleet = try await fleet(1, windows: "daily 09:30-10:30")
        let first = Task { try await fleet.driver().drive(fleet.id) }
        let opening = try #require(try await wait(of: fleet))
        first.cancel()
        _ = await first.result
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        #expect(try #require(rollout.nodes.first?.begunAt) >= opening)
    }
}
