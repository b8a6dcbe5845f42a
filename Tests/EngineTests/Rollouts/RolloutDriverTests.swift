import Engine
import Fleet
import Store
import Testing

@Suite("Driving a roll-out")
struct RolloutDriverTests {
    @Test func everyNodeEndsVerifiedByWhatIsSeenOnIt() async throws {
        let fleet = try await SimulatedRollout(4)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        for node in fleet.nodes.values {
            #expect(await node.isWanted)
            #expect(await node.reboots == 1)
            #expect(await node.lock == nil)
            #expect(await node.guest["hostpci0"] == "01:00.0,pcie=1")
        }
        #expect(try await fleet.store.rollout(fleet.id).rollout == rollout)
        #expect(try await fleet.store.lease(Lease.name(for: fleet.id)) == nil)
        #expect(try await fleet.store.observations(of: try #require(NodeName("pve1"))).count >= 2)
    }

    @Test func replayingTheJournalGivesTheSameState() async throws {
        let fleet = try await SimulatedRollout(3, faults: [2: [.losesAnswers(1)]])
        let end = try await fleet.driver().drive(fleet.id)
        let plan = try await fleet.store.plan(end.plan)
        var replayed = Rollout(id: fleet.id, of: plan, digest: end.plan)
        for entry in try await fleet.store.journal(of: fleet.id) {
            guard case .accepted = replayed.handle(entry.event) else {
                Issue.record("event \(entry.number) was not taken again")
                return
            }
        }
        #expect(replayed == end)
    }

    @Test(arguments: [
        (SimulatedNode.Fault.rebuildFails, FleetError.Code("rebuild-failed")), (.rebuildLies, "not-proven"),
        (.refusesReboot, "reboot-refused"),
    ])
    func aFailureStopsTheRolloutAndSaysWhy(fault: SimulatedNode.Fault, code: FleetError.Code) async throws {
        let fleet = try await SimulatedRollout(4, faults: [2: [fault]])
        let rollout = try await fleet.driver().drive(fleet.id)
        let states = rollout.nodes.map(\.state.result)
        #expect(states[0] == .verified && states[2] == .verified, "the canary and what was in flight")
        #expect(states[1]?.problem?.error.code == code)
        #expect(states[3] == .held)
        #expect(try await fleet.node(2).lock == nil)
        #expect(try await fleet.node(2).reboots == 0, "what is not proven on disk is not booted")
        #expect(try await fleet.node(4).files[SimulatedNode.path] != SimulatedNode.wanted)
    }

    /// Quorum is three: a cluster of five bears one more missing when four are there, and no more when three are. One of
    /// three never bears a reboot: that was said in the plan.
    @Test(arguments: [(5, 5, true), (5, 4, true), (5, 3, false), (3, 3, true)])
    func aWeakenedClusterIsNotWeakenedFurther(votes: Int, present: Int, goes: Bool) async throws {
        let fleet = try await SimulatedRollout(1, faults: [1: [.inCluster(votes: votes, present: present)]])
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(try await fleet.node(1).reboots == (goes ? 1 : 0))
        #expect(rollout.nodes[0].state.result?.problem?.error.code == (goes ? nil : "quorum-at-risk"))
        #expect(try await fleet.node(1).lock == nil)
    }

    /// Quorum is three: with two of four members away at once even the whole cluster has too few votes.
    @Test func moreThanTheWholeClusterBearsIsSaidToBeTooMuch() async throws {
        let cluster: Set<SimulatedNode.Fault> = [.inCluster(votes: 4, present: 4)]
        let fleet = try await SimulatedRollout(
            2, faults: [1: cluster, 2: cluster],
            settings: RolloutSettings(canaries: 0, maxUnavailable: .count(2), perCluster: .count(2)))
        let rollout = try await fleet.driver().drive(fleet.id)
        let error = try #require(rollout.nodes[0].state.result?.problem?.error)
        #expect(error.code == "quorum-at-risk" && error.advice?.contains("per-cluster") == true, "\(error)")
        #expect(try await fleet.node(1).reboots == 0)
    }

    @Test func aNodeThatNeverReturnsIsLost() async throws {
        let settings = RolloutSettings(
            canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 60, confirmWithinSeconds: 30)
        let fleet = try await SimulatedRollout(2, faults: [1: [.neverReturns]], settings: settings)
        let rollout = try await fleet.driver().drive(fleet.id)
        guard case .lost(let problem) = rollout.nodes[0].state.result else {
            Issue.record("\(rollout.nodes[0].state)")
            return
        }
        #expect(problem.error.code == "node-lost")
        #expect(rollout.nodes[1].state.result == .held)
    }

    @Test func aNodeThatChangedSinceThePlanIsNotTouched() async throws {
        let fleet = try await SimulatedRollout(2)
        try await fleet.node(1).edit("# edited meanwhile\n")
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "facts-changed-since-plan")
        #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# edited meanwhile\n".utf8))
        #expect(try await fleet.node(1).lock == nil)
    }

    @Test func lostAnswersAreMetWithALook() async throws {
        for count in 1...3 {
            let fleet = try await SimulatedRollout(1, faults: [1: [.losesAnswers(count)]])
            _ = try await fleet.driver().drive(fleet.id)
            #expect(try await fleet.node(1).reboots <= 1)
            #expect(try await fleet.node(1).guestCalls <= 1, "a guest that was set is not set again")
        }
    }

    @Test func theLockOfARolloutThatEndedIsTakenOver() async throws {
        let settings = RolloutSettings(
            canaries: 0, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 20, confirmWithinSeconds: 2000)
        let fleet = try await SimulatedRollout(1, faults: [1: [.neverReturns]], settings: settings)
        let lost = try await fleet.driver().drive(fleet.id)
        #expect(lost.nodes[0].state.result?.problem?.leftLocked == true)
        #expect(try await fleet.node(1).lock?.rollout == fleet.id)
        // It is powered up by hand; a second roll-out finds the lock of the first.
        let node = SimulatedNode(lost.nodes[0].node, fleet.time)
        await node.lock(by: FencingToken(number: 1, rollout: fleet.id))
        let second = try await SimulatedRollout.create(
            try await fleet.store.plan(lost.plan), "r2", fleet.store, fleet.time)
        let driver = RolloutDriver(
            store: fleet.store, opener: SimulatedFleet(nodes: [node.name: node]), judge: SimulatedJudge(),
            holder: LeaseHolder(description: "test"), time: fleet.time)
        let rollout = try await driver.drive(second)
        #expect(rollout.phase == .ended(.completed))
    }

    @Test func anotherRolloutsLockIsRespected() async throws {
        let fleet = try await SimulatedRollout(1)
        let other = FencingToken(number: 0, rollout: try #require(RolloutID("other")))
        try await fleet.node(1).lock(by: other)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "node-locked")
        #expect(try await fleet.node(1).lock == other)
    }

    @Test func suspendedAndResumedItEndsAsItWouldHave() async throws {
        let fleet = try await SimulatedRollout(3)
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        tell.yield(.suspend)
        let suspended = try await fleet.driver().drive(fleet.id, controls: controls)
        #expect(suspended.phase == .suspended)
        #expect(suspended.nodes.map(\.state.result) == [.verified, nil, nil])
        let ended = try await fleet.driver().drive(fleet.id)
        #expect(ended.phase == .ended(.completed))
        #expect(try await fleet.driver().drive(fleet.id) == ended, "an ended roll-out is only shown")
    }
}
