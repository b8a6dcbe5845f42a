import Engine
import Fleet
import Foundation
import Store
import Testing

/// A driver that dies at any event is followed by another one, and the fleet ends as if nothing had happened.
@Suite("Resuming a roll-out")
struct RolloutResumeTests {
    @Test(arguments: DyingJournal.Moment.allCases)
    func afterADeathAtAnyEvent(moment: DyingJournal.Moment) async throws {
        let whole = try await SimulatedRollout(3)
        _ = try await whole.driver().drive(whole.id)
        let events = try await whole.store.journal(of: whole.id).count
        #expect(events > 20)
        for number in 1...events {
            let fleet = try await SimulatedRollout(3)
            try await die(fleet, at: number, moment)
            let rollout = try await fleet.driver().drive(fleet.id)
            #expect(rollout.phase == .ended(.completed), "killed at \(number)")
            try await check(fleet, "killed at \(number), \(moment)")
        }
    }

    @Test func afterManyDeaths() async throws {
        for stride in 1...6 {
            let fleet = try await SimulatedRollout(2)
            for _ in 0..<60 where try await !fleet.store.rollout(fleet.id).rollout.isEnded {
                try? await die(fleet, at: stride + 1, .afterWriting)
            }
            let rollout = try await fleet.driver().drive(fleet.id)
            #expect(rollout.phase == .ended(.completed), "killed at each \(stride)")
            try await check(fleet, "killed at each \(stride)")
        }
    }

    @Test func aFailureIsNotForgotten() async throws {
        let whole = try await SimulatedRollout(2, faults: [1: [.rebuildFails]])
        _ = try await whole.driver().drive(whole.id)
        for number in 1...(try await whole.store.journal(of: whole.id).count) {
            let fleet = try await SimulatedRollout(2, faults: [1: [.rebuildFails]])
            try await die(fleet, at: number, .afterWriting)
            let rollout = try await fleet.driver().drive(fleet.id)
            #expect(rollout.nodes[0].state.result?.problem?.error.code == "rebuild-failed", "killed at \(number)")
            #expect(rollout.nodes[1].state.result == .held, "killed at \(number)")
            #expect(try await fleet.node(1).lock == nil, "killed at \(number)")
        }
    }

    /// What was seen before the controller died is no reason to reboot after it.
    @Test func aClusterThatWasWeakenedMeanwhileKeepsItsNode() async throws {
        let settings = RolloutSettings(
            canaries: 0, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 300, confirmWithinSeconds: 6000)
        func fleet() async throws -> SimulatedRollout {
            try await SimulatedRollout(1, faults: [1: [.inCluster(votes: 5, present: 4)]], settings: settings)
        }
        let whole = try await fleet()
        _ = try await whole.driver().drive(whole.id)
        let proven = try #require(
            try await whole.store.journal(of: whole.id).firstIndex {
                if case .finished(let id, _) = $0.event.kind { id.step == "prove-disk" } else { false }
            })
        let fleet = try await fleet()
        try await die(fleet, at: proven + 1, .afterWriting)
        try await fleet.node(1).weakenCluster(to: 3)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "quorum-at-risk")
        #expect(try await fleet.node(1).reboots == 0)
        #expect(try await fleet.node(1).lock == nil)
    }

    @Test func aSecondDriverIsTurnedAwayWhileTheFirstLives() async throws {
        let fleet = try await SimulatedRollout(1)
        let lease = try await fleet.store.acquireLease(
            Lease.name(for: fleet.id), for: LeaseHolder(actor: "somebody").description, seconds: 10_000_000,
            at: fleet.time.now())
        await #expect(throws: FleetError.self) { try await fleet.driver().drive(fleet.id) }
        #expect(try await fleet.store.lease(lease.name) == lease)
        #expect(try await fleet.store.journal(of: fleet.id).isEmpty)
    }

    @Test func aDeadDriversLeaseIsNotWaitedFor() async throws {
        let fleet = try await SimulatedRollout(1)
        let living = LeaseHolder(actor: "somebody").description
        let range = try #require(living.range(of: "started at "))
        let dead = living.replacingCharacters(in: range, with: "started at 9")
        _ = try await fleet.store.acquireLease(
            Lease.name(for: fleet.id), for: dead, seconds: 86400, at: fleet.time.now())
        #expect(try await fleet.driver().drive(fleet.id).phase == .ended(.completed))
    }

    @Test func whoLostTheLeaseStopsAndChangesNothingMore() async throws {
        let fleet = try await SimulatedRollout(2)
        let thief = ThievingJournal(fleet.store, atEvent: 6)
        do {
            _ = try await fleet.driver(thief).drive(fleet.id)
            Issue.record("it went on without a lease")
        } catch { #expect(error.code == "lease-lost") }
        let before = try await fleet.store.journal(of: fleet.id).count
        #expect(before == 5)
    }

    private func die(_ fleet: SimulatedRollout, at number: Int, _ moment: DyingJournal.Moment) async throws {
        do {
            _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: number, moment)).drive(fleet.id)
        } catch { #expect(error.code == "killed") }
    }

    private func check(_ fleet: SimulatedRollout, _ comment: Comment) async throws {
        for node in fleet.nodes.values {
            #expect(await node.isWanted, comment)
            #expect(await node.reboots == 1, comment)
            #expect(await node.lock == nil, comment)
            #expect(await node.guestCalls == 1, comment)
        }
    }
}

extension SimulatedNode {
    fileprivate func weakenCluster(to present: Int) { faults = [.inCluster(votes: 5, present: present)] }
}

/// Lets another driver take the lease just before an event is written.
private actor ThievingJournal: RolloutJournal {
    private let store: Store
    private let moment: Int

    init(_ store: Store, atEvent number: Int) {
        self.store = store
        moment = number
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        if number == moment {
            let late = event.at.adding(seconds: 3600)
            _ = try await store.acquireLease(lease.name, for: "thief", seconds: 60, at: late)
        }
        try await store.append(event, number: number, after: rollout, under: lease)
    }
}
