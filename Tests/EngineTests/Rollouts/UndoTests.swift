import Engine
import Fleet
import Store
import Testing

@Suite("Undo")
struct UndoTests {
    private func undo(
        _ fleet: SimulatedRollout, _ id: String = "undo", guests: EvacuationSettings? = nil
    ) async throws -> (FleetPlan, Rollout) {
        let service = UndoService(store: fleet.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
        let nodes = try await fleet.store.nodes()
        let settings = RolloutSettings(
            canaries: 1, batch: .count(2), pauseSeconds: 0, returnWithinSeconds: 300, confirmWithinSeconds: 6000)
        let plan = try await service.plan(undoing: nodes, settings: settings, guests: guests).plan
        let rollout = try await SimulatedRollout.create(plan, id, fleet.store, fleet.time)
        return (plan, try await fleet.driver().drive(rollout))
    }

    @Test func bringsBackTheBytesFromBefore() async throws {
        let fleet = try await SimulatedRollout(2)
        _ = try await fleet.driver().drive(fleet.id)
        let (plan, rollout) = try await undo(fleet)
        #expect(plan.nodes.map(\.plan.commands) == [[.updateInitramfs], [.updateInitramfs]])
        #expect(rollout.phase == .ended(.completed))
        for node in fleet.nodes.values {
            #expect(await node.files[SimulatedNode.path] == Array("# by hand\n".utf8))
            #expect(await node.reboots == 2)
            #expect(await node.guest["hostpci0"] == nil)
        }
        let (again, _) = try await undo(fleet, "again")
        #expect(again.nodes.map(\.plan.verdict) == [.unchanged, .unchanged])
    }

    @Test func aFileChangedSinceIsLeftAlone() async throws {
        let fleet = try await SimulatedRollout(2)
        _ = try await fleet.driver().drive(fleet.id)
        try await fleet.node(1).edit("# by somebody else\n")
        let (plan, rollout) = try await undo(fleet)
        #expect(plan.nodes[0].plan.verdict == .blocked)
        #expect(plan.nodes[0].plan.reasons.first?.code == "file-changed-since-apply")
        #expect(rollout.nodes.filter(\.hasWork).map(\.state.result) == [.verified])
        #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# by somebody else\n".utf8))
    }

    @Test func undoesWhatAFailedRolloutLeft() async throws {
        // Without a guard nothing puts it back.
        let fleet = try await SimulatedRollout(
            1, faults: [1: [.rebuildFails]], settings: .init(canaries: 1, confirmWithinSeconds: nil))
        _ = try await fleet.driver().drive(fleet.id)
        #expect(try await fleet.node(1).files[SimulatedNode.path] == SimulatedNode.wanted)
        try await fleet.node(1).mend()
        let (_, rollout) = try await undo(fleet)
        #expect(rollout.phase == .ended(.completed))
        #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# by hand\n".utf8))
    }

    /// Nobody's guest is ended by the way back that the way there had shut down.
    @Test(arguments: [nil, EvacuationSettings(usual: .leave), EvacuationSettings(usual: .shutdown)])
    func guestsAreTreatedAsByTheApply(chosen: EvacuationSettings?) async throws {
        let fleet = try await SimulatedRollout(1, evacuation: EvacuationSettings(usual: .shutdown))
        _ = try await fleet.driver().drive(fleet.id)
        let node = try fleet.node(1)
        let ran = await node.runningGuests
        let (plan, rollout) = try await undo(fleet, guests: chosen)
        #expect(rollout.phase == .ended(.completed))
        let isShutDown = chosen?.usual != .leave
        #expect((plan.nodes[0].plan.evacuation != nil) == isShutDown)
        #expect(await node.endedByReboot.isEmpty == isShutDown)
        if isShutDown { #expect(await node.runningGuests == ran) }
        #expect(await node.guest["onboot"] == "1")
        #expect(await node.guest["hostpci0"] == nil)
    }

    /// What another controller did, this one can't look up.
    @Test func ofAnUnknownRolloutGuestsAreLeft() async throws {
        let fleet = try await SimulatedRollout(1, evacuation: EvacuationSettings(usual: .shutdown))
        _ = try await fleet.driver().drive(fleet.id)
        let other = try await SimulatedRollout(1)
        let service = UndoService(store: other.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
        let plan = try await service.plan(undoing: try await other.store.nodes()).plan
        #expect(plan.nodes[0].plan.reboot && plan.nodes[0].settings.evacuation == nil)
        #expect(plan.nodes[0].plan.reasons.contains { $0.code == "guest-stays-down" })
    }

    /// What the apply has set is in force again, so its guest has the device again, and there is something to undo.
    @Test(arguments: [SimulatedNode.Fault.losesNetwork, .servicesStayDown, .rebuildFails])
    func oneThatIsPutBackLeavesTheGuestsTheirDevices(fault: SimulatedNode.Fault) async throws {
        let fleet = try await SimulatedRollout(1, evacuation: EvacuationSettings(usual: .shutdown))
        _ = try await fleet.driver().drive(fleet.id)
        let node = try fleet.node(1)
        let (ran, before) = (await node.runningGuests, await node.guest)
        await node.fail(by: fault)
        let (plan, rollout) = try await undo(fleet)
        #expect(rollout.nodes[0].state.word == "reverted", "\(rollout.nodes[0].state)")
        #expect(await node.files[SimulatedNode.path] == SimulatedNode.wanted)
        #expect(await node.guest == before, "exactly the earlier lines")
        #expect(await node.runningGuests == ran)
        await node.mend()
        let (again, undone) = try await undo(fleet, "again")
        #expect(again.nodes[0].plan.verdict == .change)
        #expect(again.nodes[0].plan.files == plan.nodes[0].plan.files)
        #expect(again.nodes[0].plan.guests == plan.nodes[0].plan.guests)
        #expect(undone.phase == .ended(.completed))
        #expect(await node.guest["hostpci0"] == nil)
    }

    @Test func afterADeathWhileTheyGetThemBack() async throws {
        for moment in DyingJournal.Moment.allCases {
            let fleet = try await SimulatedRollout(1, evacuation: EvacuationSettings(usual: .shutdown))
            _ = try await fleet.driver().drive(fleet.id)
            let node = try fleet.node(1)
            let before = await node.guest
            await node.fail(by: .rebuildFails)
            let service = UndoService(store: fleet.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
            let plan = try await service.plan(undoing: try await fleet.store.nodes()).plan
            let id = try await SimulatedRollout.create(plan, "undo", fleet.store, fleet.time)
            let journal = DyingJournal(fleet.store, atStep: "reset-guest-1", moment)
            await #expect(throws: FleetError.self) { try await fleet.driver(journal).drive(id) }
            let rollout = try await fleet.driver().drive(id)
            #expect(rollout.nodes[0].state.word == "reverted", "\(rollout.nodes[0].state)")
            #expect(await node.guest == before)
        }
    }
}
