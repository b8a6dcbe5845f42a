import Engine
import Fleet
import Store
import Testing

/// What a roll-out took away from a node and could not give back, because the node was lost, the next one gives back.
@Suite("Driving nodes that are owed something")
struct DrivingNodesThatAreOwedTests {
    /// A second is a millisecond here.
    private static let settings = RolloutSettings(
        canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 400, confirmWithinSeconds: nil)
    private static let cluster = SimulatedClusterState(
        availability: HAStanding(activeServices: ["vm:301"]),
        ceph: CephStanding(osds: [.init(id: 0), .init(id: 1, hasNoout: true)]))

    enum Way: String, CaseIterable { case apply, undo, settle }

    /// A node that was lost by its first roll-out, and that a person has switched off and on since.
    private func lost(_ evacuation: EvacuationSettings = .init(usual: .shutdown)) async throws -> SimulatedRollout {
        let isInCluster = evacuation.usual == .migrate
        let fleet = try await SimulatedRollout(
            1, faults: [1: isInCluster ? [.neverReturns, .inCluster(votes: 4, present: 4)] : [.neverReturns]],
            settings: Self.settings, evacuation: evacuation)
        let node = try fleet.node(1)
        await node.setCluster(Self.cluster)
        let rollout = try await fleet.driver().drive(fleet.id)
        guard case .lost = rollout.nodes[0].state.result else {
            Issue.record("\(rollout.nodes[0].state)")
            return fleet
        }
        await node.repair()
        let debt = try #require(try await fleet.store.debts().first)
        #expect(debt.rollout == fleet.id && debt.remains.contains("noout") && debt.remains.contains("node-maintenance"))
        return fleet
    }

    private func next(_ fleet: SimulatedRollout, _ way: Way, _ id: String = "r2") async throws -> RolloutID {
        let service = UndoService(store: fleet.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
        let nodes = try await fleet.store.nodes()
        switch way {
        case .undo:
            let plan = try await service.plan(undoing: nodes, settings: Self.settings).plan
            return try await SimulatedRollout.create(plan, id, fleet.store, fleet.time)
        case .settle:
            let plan = try await service.plan(settling: nodes).plan
            return try await SimulatedRollout.create(plan, id, fleet.store, fleet.time)
        case .apply:
            let debts = try await fleet.store.debts()
            let wish = NodeSettings(evacuation: EvacuationSettings(usual: .shutdown))
            let plan = SimulatedJudge().plan(nodes[0].name, try await fleet.node(1).observe().facts, wish)
            return try await SimulatedRollout.create(
                FleetPlan(
                    purpose: .apply, playbook: Playbook(name: "gpu", rollout: Self.settings),
                    nodes: [.init(plan: plan.owing(debts.first), settings: wish, facts: nil)]),
                id, fleet.store, fleet.time)
        }
    }

    private func expectAllBack(_ fleet: SimulatedRollout, _ comment: Comment) async throws {
        let node = try fleet.node(1)
        #expect(await node.runningGuests == SimulatedGuest.ranBefore, comment)
        #expect(await node.guest["onboot"] == "1", comment)
        #expect(await node.cluster.availability == Self.cluster.availability, comment)
        #expect(await node.cluster.flags == [1], comment)
        #expect(await node.away.isEmpty, comment)
        #expect(await node.lock == nil, comment)
        #expect(try await fleet.store.debts().isEmpty, comment)
        #expect(try await fleet.store.checkAudit().flaws == [], comment)
    }

    @Test(arguments: Way.allCases) func theNextOneGivesItBack(way: Way) async throws {
        let fleet = try await lost()
        let rollout = try await fleet.driver().drive(try await next(fleet, way))
        #expect(rollout.phase == .ended(.completed), "\(rollout.nodes[0].state)")
        try await expectAllBack(fleet, "\(way)")
        if way == .settle { #expect(try await fleet.node(1).reboots == 1) }
        let events = try await fleet.store.journal(of: rollout.id).map(\.event.kind)
        #expect(events.first.map { if case .owed = $0 { true } else { false } } == true)
    }

    @Test func afterADeathAtAnyEvent() async throws {
        let whole = try await lost()
        let id = try await next(whole, .settle)
        _ = try await whole.driver().drive(id)
        let events = try await whole.store.journal(of: id).count
        for number in 1...events {
            for moment in DyingJournal.Moment.allCases {
                let fleet = try await lost()
                let id = try await next(fleet, .settle)
                do {
                    _ = try await fleet.driver(DyingJournal(fleet.store, atEvent: number, moment)).drive(id)
                } catch { #expect(error.code == "killed") }
                let rollout = try await fleet.driver().drive(id)
                let comment: Comment = "killed at \(number), \(moment)"
                #expect(rollout.phase == .ended(.completed), comment)
                try await expectAllBack(fleet, comment)
            }
        }
    }

    @Test func aMigratedGuestComesHome() async throws {
        let fleet = try await lost(.init(usual: .migrate, otherwise: .shutdown))
        #expect(try await fleet.node(1).away.count == 1)
        _ = try await fleet.driver().drive(try await next(fleet, .settle))
        try await expectAllBack(fleet, "migrated")
    }

    /// A person has done it all by hand, and chose otherwise about one guest.
    @Test func whatIsSettledIsLeftAlone() async throws {
        let fleet = try await lost()
        let node = try fleet.node(1)
        await node.settleByHand()
        let rollout = try await fleet.driver().drive(try await next(fleet, .settle))
        #expect(rollout.phase == .ended(.completed))
        #expect(await node.guest["onboot"] == nil, "what somebody chose stays")
        #expect(await node.guestLog.suffix(2).contains("start 201") == false)
        #expect(try await fleet.store.debts().isEmpty)
        let reviews = try await fleet.store.journal(of: rollout.id).compactMap { entry -> DebtReview? in
            if case .finished(_, .reviewed(let review)) = entry.event.kind { review } else { nil }
        }
        let notes = try #require(reviews.first?.notes)
        #expect(reviews.first?.stays.isEmpty == true && reviews.first?.hold == nil)
        for note in ["HA maintenance is off", "noout is not set for osd.0", "VM 100 runs again", "onboot of VM 100"] {
            #expect(notes.contains { $0.contains(note) }, "\(notes)")
        }
    }

    /// One whose guard is about to reboot it gets no guests.
    @Test func aNodeOnTrialIsLeftAlone() async throws {
        let fleet = try await lost()
        let node = try fleet.node(1)
        await node.waitForConfirmation(of: fleet.id)
        let rollout = try await fleet.driver().drive(try await next(fleet, .settle))
        #expect(rollout.nodes[0].state.result?.problem?.error.code == "node-on-trial")
        #expect(await node.guestLog.contains("start 201") == false)
        #expect(try await fleet.store.debts().first?.rollout == fleet.id)
    }

    @Test func whereNothingIsOwedThereIsNothingToSettle() async throws {
        let fleet = try await SimulatedRollout(1, settings: Self.settings)
        _ = try await fleet.driver().drive(fleet.id)
        #expect(try await fleet.store.debts().isEmpty)
        let service = UndoService(store: fleet.store, opener: SimulatedFleet(nodes: fleet.nodes), time: fleet.time)
        let plan = try await service.plan(settling: try await fleet.store.nodes()).plan
        #expect(plan.nodes[0].plan.verdict == .unchanged && plan.nodes[0].plan.reasons.map(\.code) == ["nothing-owed"])
    }
}

extension SimulatedNode {
    /// Somebody switches it off and on.
    fileprivate func repair() {
        faults.remove(.neverReturns)
        boot += 1
        running = initramfs
        bootedAt = time.now()
        downUntil = bootedAt
    }

    fileprivate func settleByHand() {
        runningGuests = SimulatedGuest.ranBefore
        cluster.obey(.maintenance(isOn: false, host: name.description))
        cluster.obey(.noout(isOn: false, osds: [0]))
        choose(onboot: nil)
    }

    fileprivate func waitForConfirmation(of rollout: RolloutID) {
        trial = SimulatedTrial(
            rollout: rollout, boot: boot - 1, armedIn: boot - 1, within: 1_000_000, files: files, initramfs: initramfs)
    }
}
