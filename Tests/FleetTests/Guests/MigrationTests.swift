import Testing

@testable import Fleet

/// Which guests may be migrated for a reboot, and where they go.
@Suite struct MigrationTests {
    private static let gigabyte = 1 << 30

    private static func guest(
        _ number: UInt32, kind: GuestFacts.Kind = .qemu, _ configuration: String = "memory: 1024\n"
    ) throws -> GuestFacts {
        GuestFacts(
            kind: kind, id: try Fixtures.vm(number), configuration: .known(configuration), state: .known(.running),
            processArguments: .known(nil))
    }

    /// VM 100 gets the card of a node that has to reboot.
    private static func plan(
        _ evacuation: EvacuationSettings, _ others: [GuestFacts], isInCluster: Bool = true
    ) throws -> (plan: NodePlan, facts: NodeFacts, settings: NodeSettings) {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        facts.guests = .known([try guest(100, Fixtures.freshGuest)] + others)
        let members = ["a", "b", "c"].map { ClusterFacts.Member(name: $0, votes: 1, isLocal: $0 == "a") }
        facts.cluster = .known(
            ClusterFacts(
                name: isInCluster ? "lab" : nil, quorate: true, expectedVotes: 3, totalVotes: 3, quorum: 2,
                members: isInCluster ? members : []))
        var settings = try Fixtures.guide("01:00")
        settings.evacuation = evacuation
        return (Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings), facts, settings)
    }

    private static let look = MigrationLook(
        members: [.init(name: "b", freeMemory: 3 * gigabyte), .init(name: "c", freeMemory: 2 * gigabyte)],
        guests: [101, 102, 103].map { MigrationLook.Guest(vm: vm($0)) })

    private func targets(
        _ others: [GuestFacts], _ look: MigrationLook = look, avoiding: Set<String> = [],
        otherwise: EvacuationSettings.Fallback = .shutdown
    ) throws -> [UInt32: String] {
        let evacuation = EvacuationSettings(usual: .migrate, otherwise: otherwise)
        let (plan, facts, settings) = try Self.plan(evacuation, others)
        let stays = try Evacuation.stays(facts, settings, changing: plan.guests, look: look, avoiding: avoiding)
        return Dictionary(uniqueKeysWithValues: stays.compactMap { stay in stay.target.map { (stay.vm.number, $0) } })
    }

    @Test func thePlanTellsWhoGoesAndWhoCant() throws {
        let others = [
            try Self.guest(101), try Self.guest(102, kind: .lxc), try Self.guest(103, "usb0: host=046d:c31c\n"),
            try Self.guest(104, "usb0: spice\nserial0: socket\n"), try Self.guest(105, "hostpci1: mapping=nic\n"),
        ]
        let (plan, _, _) = try Self.plan(EvacuationSettings(usual: .migrate, otherwise: .shutdown), others)
        let choices = plan.evacuation?.map { "\($0.vm) \($0.choice.rawValue)" }
        #expect(
            choices == ["100 shutdown", "101 migrate", "102 shutdown", "103 shutdown", "104 migrate", "105 shutdown"])
        let messages = plan.reasons.map { "\($0.code.rawValue): \($0.message)" }
        #expect(messages.contains { $0.hasPrefix("guest-migrated: VM 101, VM 104: migrated to one of b, c before") })
        for words in [
            "VM 100 is to be migrated and can't be: it gets or gives up a device", "CT 102 is to be migrated and can't",
            "VM 103 is to be migrated and can't be: it has something of this node (usb0). It is shut down instead.",
            "(hostpci1)",
        ] { #expect(messages.contains { $0.contains(words) }, "\(words)") }
    }

    @Test func oneThatCantBlocksWhereNothingElseIsSaid() throws {
        let (plan, _, _) = try Self.plan(
            EvacuationSettings(usual: .migrate, exceptions: [.init(vm: vm(100), choice: .shutdown)]),
            [try Self.guest(102, kind: .lxc)])
        #expect(plan.verdict == .blocked && plan.reasons.first?.code == "guest-not-migratable")
        let (alone, _, _) = try Self.plan(
            EvacuationSettings(usual: .migrate, otherwise: .leave), [try Self.guest(101)], isInCluster: false)
        #expect(alone.reasons.contains { $0.message.contains("VM 101") && $0.message.contains("is in no cluster") })
        #expect(alone.evacuation?.map(\.choice) == [.leave, .leave])
    }

    @Test func theLargestGoesWhereMostIsFree() throws {
        let others = [try Self.guest(101), try Self.guest(102, "memory: 2048\n"), try Self.guest(103)]
        // 102 takes 2 GiB of b; of what is left, c has more, and then both have the same.
        #expect(try targets(others) == [101: "c", 102: "b", 103: "b"])
        #expect(try targets(others, avoiding: ["b"]) == [102: "c"], "what does not fit is shut down")
        #expect(try targets([try Self.guest(101, "name: small\n")], avoiding: ["b"]) == [101: "c"])
        #expect(try targets(others, avoiding: ["b", "c"]).isEmpty)
    }

    @Test func whatProxmoxForbidsIsNotTried() throws {
        func look(_ guest: MigrationLook.Guest) -> MigrationLook {
            MigrationLook(members: Self.look.members, guests: [guest])
        }
        let others = [try Self.guest(101)]
        #expect(try targets(others, look(.init(vm: vm(101), allowedNodes: ["c"]))) == [101: "c"])
        #expect(try targets(others, look(.init(vm: vm(101), refusedNodes: ["b"]))) == [101: "c"])
        for (guest, words) in [
            (MigrationLook.Guest(vm: vm(101), allowedNodes: []), "Proxmox lets it go to none of b, c"),
            (
                .init(vm: vm(101), localDisks: ["local-lvm:vm-101-disk-0"]),
                "only this node has (local-lvm:vm-101-disk-0)"
            ),
            (.init(vm: vm(101), localResources: ["hostpci0"]), "something of this node (hostpci0)"),
            (.init(vm: vm(999)), "Proxmox tells nothing of it"),
        ] {
            #expect(try targets(others, look(guest)).isEmpty)
            let evacuation = EvacuationSettings(
                usual: .migrate, exceptions: [.init(vm: vm(100), choice: .shutdown)])
            let (plan, facts, settings) = try Self.plan(evacuation, others)
            do throws(FleetError) {
                _ = try Evacuation.stays(facts, settings, changing: plan.guests, look: look(guest))
                Issue.record("\(guest) was accepted")
            } catch { #expect(error.code == "guest-not-migratable" && error.message.contains(words), "\(error)") }
        }
    }

    @Test func theyGoOneByOneBeforeOthersAndComeBackAfterThem() {
        let stays = [
            GuestStay(kind: .qemu, vm: vm(200), order: 1), GuestStay(kind: .lxc, vm: vm(201)),
            GuestStay(kind: .qemu, vm: vm(202), target: "b"),
            GuestStay(kind: .qemu, vm: vm(203), order: 1, target: "c"),
        ].sorted(by: GuestStay.comesBackBefore)
        #expect(stays.map(\.vm.number) == [200, 201, 203, 202])
        #expect(stays.departures.map { $0.map(\.vm.number) } == [[203], [202], [201], [200]])
        #expect(
            stays.remains
                == "Not seen to run again: VM 200, CT 201 (qm start 200; pct start 201). Not seen to be back: VM 203, VM 202 "
                + "(on c: qm migrate 203 THIS-NODE --online; on b: qm migrate 202 THIS-NODE --online).")
    }

    /// Two nodes of a cluster at the same time.
    @Test func nodesInFlightAreNoTargets() throws {
        let plans = ["n1", "n2", "n3"].map { evacuating(change($0, guests: [])) }
        let domain = [FailureDomain(label: nil, value: "lab")]
        let domains = Dictionary(uniqueKeysWithValues: plans.map { ($0.node, domain) })
        for (limit, expected) in [(1, []), (2, ["n2", "n3"])] {
            var run = try RolloutFixture(
                plans, RolloutSettings(canaries: 0, batch: .count(2), perCluster: .count(limit)), domains: domains)
            run.handle(.start)
            while run.waiting.first?.id.step != "note-guests" { run.finishFirst() }
            guard case .noteGuests(let neighbours) = run.waiting.first?.action else {
                Issue.record("\(run.waiting)")
                return
            }
            #expect(neighbours.nodes.map(\.description).sorted() == expected && neighbours.travellers.isEmpty)
            run.finishFirst(.noted([GuestStay(kind: .qemu, vm: vm(201), target: "n2")]))
            let other = try #require(run.rollout[name("n2")])
            #expect(run.rollout.neighbours(of: other).travellers == [vm(201)], "it must not be moved on from there")
        }
    }
}
