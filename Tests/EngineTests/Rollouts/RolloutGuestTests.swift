import Engine
import Fleet
import Store
import Testing

/// Guests that ran run again at the end, whatever happens to the node and to the controller.
@Suite("Driving nodes with guests")
struct DrivingNodesWithGuestsTests {
    /// A second is a millisecond here.
    private static let settings = RolloutSettings(
        canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 6000, confirmWithinSeconds: 6000)

    private func fleet(
        _ count: Int = 1, _ faults: Set<SimulatedNode.Fault> = [], _ evacuation: EvacuationSettings = shutdown
    ) async throws -> SimulatedRollout {
        try await SimulatedRollout(count, faults: [1: faults], settings: Self.settings, evacuation: evacuation)
    }

    private static let shutdown = EvacuationSettings(usual: .shutdown)
    private static let migrate = EvacuationSettings(usual: .migrate, otherwise: .shutdown)
    private static let inCluster = SimulatedNode.Fault.inCluster(votes: 4, present: 4)

    private func check(_ fleet: SimulatedRollout, rebooted: Bool, _ comment: Comment) async throws {
        let node = try fleet.node(1)
        #expect(await node.runningGuests.isSuperset(of: SimulatedGuest.ranBefore), comment)
        #expect(await node.runningGuests.count == SimulatedGuest.ranBefore.count, comment)
        #expect(await node.guest["onboot"] == "1", comment)
        #expect(await node.endedByReboot.isEmpty, comment)
        #expect(await node.reboots == (rebooted ? 1 : 0), comment)
        #expect(await node.lock == nil, comment)
        #expect(await node.away.isEmpty, comment)
    }

    /// Kills the driver at each event, before and after writing it, and lets another one go on.
    private func killEverywhere(
        _ faults: Set<SimulatedNode.Fault>, _ evacuation: EvacuationSettings = shutdown,
        _ body: (SimulatedRollout, Rollout, Comment) async throws -> Void
    ) async throws {
        let whole = try await fleet(1, faults, evacuation)
        _ = try await whole.driver().drive(whole.id)
        let events = try await whole.store.journal(of: whole.id).count
        #expect(events >= 10)
        for number in 1...events {
            for moment in DyingJournal.Moment.allCases {
                let fleet = try await fleet(1, faults, evacuation)
                do {
                    _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: number, moment)).drive(fleet.id)
                } catch { #expect(error.code == "killed") }
                try await body(fleet, try await fleet.driver().drive(fleet.id), "killed at \(number), \(moment)")
            }
        }
    }

    @Test func theyGoInReverseAndComeBackInOrder() async throws {
        let fleet = try await fleet()
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        try await check(fleet, rebooted: true, "whole")
        // 202 starts with the node. 100 gets a device, and must not.
        #expect(
            try await fleet.node(1).guestLog == [
                "onboot 0", "stop 100", "stop 201", "stop 202", "start 201", "start 100", "onboot 1",
            ])
        #expect(rollout.nodes[0].stays?.allSatisfy(\.isBack) == true)
    }

    @Test func aMigratedGuestGoesFirstAndComesBackLast() async throws {
        let fleet = try await fleet(1, [Self.inCluster], Self.migrate)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        try await check(fleet, rebooted: true, "whole")
        // 100 gets a device and 201 is a container: these can't be migrated.
        #expect(
            try await fleet.node(1).guestLog == [
                "move 202", "onboot 0", "stop 100", "stop 201", "start 201", "start 100", "onboot 1", "home 202",
            ])
        #expect(rollout.nodes[0].stays?.last?.target == "m3")
    }

    /// It may go down before the guest is home again. `m2` has too little memory.
    @Test(arguments: [("lab", false), ("other", true)])
    func aMemberThatAnotherRolloutHasInHandIsNoTarget(cluster: String, isTarget: Bool) async throws {
        let fleet = try await fleet(1, [Self.inCluster], Self.migrate)
        let other = try #require(NodeName("m3.example.org"))
        let nodes = try await fleet.store.nodes() + [Node(name: other, connection: .init(address: "192.0.2.3"))]
        _ = try await fleet.store.importInventory(Inventory(nodes: nodes), at: fleet.time.now(), by: "test")
        let plan = NodePlan(node: other, verdict: .change, reboot: true, cluster: cluster)
        _ = try await SimulatedRollout.create(
            FleetPlan(
                purpose: .apply, playbook: Playbook(name: "other"),
                nodes: [.init(plan: plan, settings: NodeSettings(), facts: nil)]),
            "r2", fleet.store, fleet.time)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        #expect((rollout.nodes[0].stays?.contains { $0.target == "m3" } == true) == isTarget)
        try await check(fleet, rebooted: true, "beside another roll-out")
    }

    @Test func aMigratedGuestAfterADeathAtAnyEvent() async throws {
        try await killEverywhere([Self.inCluster], Self.migrate) { fleet, rollout, comment in
            #expect(rollout.phase == .ended(.completed), comment)
            try await check(fleet, rebooted: true, comment)
        }
    }

    @Test(arguments: [SimulatedNode.Fault.migrationFails, .migrationLies])
    func aFailedMigrationKeepsTheNodeAsItWas(fault: SimulatedNode.Fault) async throws {
        try await killEverywhere([Self.inCluster, fault], Self.migrate) { fleet, rollout, comment in
            let problem = rollout.nodes[0].state.result?.problem
            #expect(problem?.error.code == "guest-not-migrated" && problem?.step == "evacuate-1", comment)
            try await check(fleet, rebooted: false, comment)
            #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# by hand\n".utf8), comment)
        }
    }

    @Test(arguments: [SimulatedNode.Fault.rebuildFails, .bootLies])
    func aFailedNodeGetsItsMigratedGuestsBack(fault: SimulatedNode.Fault) async throws {
        try await killEverywhere([Self.inCluster, fault], Self.migrate) { fleet, rollout, comment in
            #expect(rollout.nodes[0].state.result?.isGood == false, comment)
            try await check(fleet, rebooted: fault == .bootLies, comment)
        }
    }

    @Test func aGuestThatDoesNotComeHomeIsNamed() async throws {
        let fleet = try await fleet(1, [Self.inCluster, .guestStaysAway], Self.migrate)
        let problem = try #require(try await fleet.driver().drive(fleet.id).nodes[0].state.result?.problem)
        #expect(problem.error.code == "guest-not-migrated")
        #expect(problem.error.message.contains("Not seen to be back: VM 202 (on m3: qm migrate 202"), "\(problem)")
        #expect(try await fleet.node(1).runningGuests.count == 2)
    }

    // MARK: - The controller in a guest

    private static let inGuest = ControllerIdentity(hardwareAddresses: [SimulatedGuest.address])

    private func expectUntouched(_ fleet: SimulatedRollout, _ rollout: Rollout, _ step: String) async throws {
        let problem = rollout.nodes[0].state.result?.problem
        #expect(problem?.error.code == "controller-on-node" && problem?.step == step, "\(String(describing: problem))")
        try await check(fleet, rebooted: false, "\(step)")
    }

    /// It has come to the node since the plan was made.
    @Test func theControllersNodeIsNotRebooted() async throws {
        let fleet = try await fleet()
        try await expectUntouched(fleet, try await fleet.driver(controller: Self.inGuest).drive(fleet.id), "check")
    }

    /// It was to be migrated, and no member can take it: it would be shut down.
    @Test func aControllerIsNotShutDown() async throws {
        let (fleet, id) = try await hostingController(free: 0)
        try await expectUntouched(fleet, try await fleet.driver(controller: Self.inGuest).drive(id), "note-guests")
    }

    @Test func aControllerThatLeavesBeforeIsNoObstacle() async throws {
        let (fleet, id) = try await hostingController(free: 1 << 30)
        let rollout = try await fleet.driver(controller: Self.inGuest).drive(id)
        #expect(rollout.phase == .ended(.completed), "\(rollout.nodes[0].state)")
        try await check(fleet, rebooted: true, "migrated")
    }

    /// A node whose plan knows that the controller is there, and migrates it to a member with so much memory.
    private func hostingController(free: Int) async throws -> (fleet: SimulatedRollout, RolloutID) {
        let fleet = try await fleet(1, [Self.inCluster], Self.migrate)
        try await fleet.node(1).offer(free)
        var plan = try await fleet.store.plan(fleet.store.rollout(fleet.id).rollout.plan)
        _ = try await fleet.driver().drive(fleet.id, aborting: true)
        plan.nodes[0].plan.hostsController = true
        let id = try await SimulatedRollout.create(plan, "r2", fleet.store, fleet.time)
        return (fleet, id)
    }

    @Test func afterADeathAtAnyEvent() async throws {
        try await killEverywhere([]) { fleet, rollout, comment in
            #expect(rollout.phase == .ended(.completed), comment)
            try await check(fleet, rebooted: true, comment)
        }
    }

    @Test func aGuestThatStaysUpKeepsTheNodeAsItWas() async throws {
        try await killEverywhere([.guestStaysUp]) { fleet, rollout, comment in
            let problem = rollout.nodes[0].state.result?.problem
            #expect(problem?.error.code == "guest-not-stopped" && problem?.step == "evacuate-2", comment)
            try await check(fleet, rebooted: false, comment)
            #expect(try await fleet.node(1).files[SimulatedNode.path] == Array("# by hand\n".utf8), comment)
        }
    }

    @Test func aFailedRebuildBringsThemBack() async throws {
        try await killEverywhere([.rebuildFails]) { fleet, rollout, comment in
            #expect(rollout.nodes[0].state.result?.problem?.error.code == "rebuild-failed", comment)
            try await check(fleet, rebooted: false, comment)
        }
    }

    @Test func aNodeThatPutsItselfBackGetsThemBack() async throws {
        try await killEverywhere([.bootLies]) { fleet, rollout, comment in
            guard case .reverted = rollout.nodes[0].state.result else {
                Issue.record("\(rollout.nodes[0].state), \(comment)")
                return
            }
            try await check(fleet, rebooted: true, comment)
        }
    }

    @Test func aGuestThatStaysDownIsNamed() async throws {
        let fleet = try await fleet(2, [.guestStaysDown])
        let rollout = try await fleet.driver().drive(fleet.id)
        let problem = try #require(rollout.nodes[0].state.result?.problem)
        #expect(problem.error.code == "guest-not-started")
        #expect(problem.error.message.contains("Not seen to run again: CT 201 (pct start 201)."))
        #expect(rollout.nodes[1].state.result == .held)
        #expect(try await fleet.node(1).runningGuests == SimulatedGuest.ranBefore.filter { $0.number != 201 })
    }

    @Test func aGuestSomebodyStartsMeanwhileKeepsTheNodeUp() async throws {
        let fleet = try await fleet()
        let node = try fleet.node(1)
        let restless = MeddlingJournal(fleet.store, after: "write") { await node.startSomeGuest() }
        let rollout = try await fleet.driver(restless).drive(fleet.id)
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "guest-started-meanwhile")
        #expect(try await fleet.node(1).reboots == 0)
        #expect(try await fleet.node(1).runningGuests.isSuperset(of: SimulatedGuest.ranBefore))
    }
}

extension SimulatedNode {
    fileprivate func startSomeGuest() { runningGuests.formUnion(others.map(\.vm).suffix(1)) }
}
