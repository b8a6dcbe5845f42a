import Engine
import Fleet
import Store
import Testing

@Suite("Driving nodes that put themselves back")
struct DrivingGuardedNodesTests {
    /// A second is a millisecond here: where the end must not come by itself, it is far away.
    private static func settings(_ within: Int) -> RolloutSettings {
        RolloutSettings(
            canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 6000, confirmWithinSeconds: within)
    }
    private static let faults: [(SimulatedNode.Fault, Int, FleetError.Code)] = [
        (.losesNetwork, 60, "node-put-back"), (.bootLies, 6000, "not-proven"),
        (.servicesStayDown, 500, "confirmed-too-late"),
    ]

    private func check(_ fleet: SimulatedRollout, _ rollout: Rollout, _ code: FleetError.Code, _ comment: Comment)
        async throws
    {
        guard case .reverted(let problem) = rollout.nodes[0].state.result else {
            Issue.record("\(rollout.nodes[0].state), \(comment)")
            return
        }
        #expect(problem.error.code == code, comment)
        #expect(rollout.nodes[0].revert?.phase == .reverted, comment)
        #expect(rollout.nodes[1].state.result == .held, comment)
        let node = try fleet.node(1)
        #expect(await node.files[SimulatedNode.path] == Array("# by hand\n".utf8), comment)
        #expect(await node.reboots == 1, comment)
        #expect(await node.lock == nil, comment)
        #expect(await node.guestCalls == 0, comment)
    }

    @Test(arguments: faults)
    func theyAreBackAsTheyWere(fault: SimulatedNode.Fault, within: Int, code: FleetError.Code) async throws {
        let fleet = try await SimulatedRollout(2, faults: [1: [fault]], settings: Self.settings(within))
        try await check(fleet, try await fleet.driver().drive(fleet.id), code, "\(fault)")
    }

    @Test(arguments: faults.dropLast())
    func afterADeathAtAnyEvent(fault: SimulatedNode.Fault, within: Int, code: FleetError.Code) async throws {
        let settings = Self.settings(within)
        let whole = try await SimulatedRollout(2, faults: [1: [fault]], settings: settings)
        _ = try await whole.driver().drive(whole.id)
        for number in 1...(try await whole.store.journal(of: whole.id).count) {
            for moment in DyingJournal.Moment.allCases {
                let fleet = try await SimulatedRollout(2, faults: [1: [fault]], settings: settings)
                do {
                    _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: number, moment)).drive(fleet.id)
                } catch { #expect(error.code == "killed") }
                try await check(fleet, try await fleet.driver().drive(fleet.id), code, "killed at \(number), \(moment)")
            }
        }
    }

    /// The controller is away for so long that the node has given up on it.
    @Test func aControllerThatComesTooLateFindsItBack() async throws {
        let fleet = try await SimulatedRollout(2, settings: Self.settings(200))
        let events = 9
        do {
            _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: events, .afterWriting)).drive(fleet.id)
        } catch { #expect(error.code == "killed") }
        let step = try await fleet.store.rollout(fleet.id).rollout.nodes[0].state.step?.name
        #expect(step == "relock")
        try await fleet.time.sleep(for: .seconds(400))
        let rollout = try await fleet.driver().drive(fleet.id)
        guard case .reverted(let problem) = rollout.nodes[0].state.result else {
            Issue.record("\(rollout.nodes[0].state)")
            return
        }
        #expect(problem.step == "prove-boot" && problem.error.code == "node-put-back")
        #expect(try await fleet.node(1).lock == nil)
    }

    @Test func undoIsGuardedToo() async throws {
        let fleet = try await SimulatedRollout(1, settings: Self.settings(6000))
        _ = try await fleet.driver().drive(fleet.id)
        let node = try fleet.node(1)
        await node.breakNextBoot()
        let service = UndoService(store: fleet.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
        let plan = try await service.plan(undoing: try await fleet.store.nodes(), settings: Self.settings(60)).plan
        let id = try await SimulatedRollout.create(plan, "undo", fleet.store, fleet.time)
        let rollout = try await fleet.driver().drive(id)
        guard case .reverted = rollout.nodes[0].state.result else {
            Issue.record("\(rollout.nodes[0].state)")
            return
        }
        #expect(await node.files[SimulatedNode.path] == SimulatedNode.wanted, "as it was before the undo")
    }
}
