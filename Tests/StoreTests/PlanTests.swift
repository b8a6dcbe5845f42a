import Fleet
import Foundation
import Store
import Testing

@Suite("Plans")
struct PlanTests {
    static func plan(_ names: NodeName..., text: String = "vfio\n") -> FleetPlan {
        let file = FileChange(path: "/etc/modules", before: Array("# keep\n".utf8), after: Array(text.utf8))
        return FleetPlan(
            purpose: .apply, playbook: Playbook(name: "gpu"),
            nodes: names.map {
                .init(
                    plan: NodePlan(
                        node: $0, verdict: .change, files: [file], commands: [.updateInitramfs], reboot: true),
                    settings: NodeSettings(), facts: .sha256(Array("facts".utf8)))
            })
    }

    private func fleet() async throws -> Fixture {
        let fixture = try Fixture()
        let inventory = Inventory(nodes: [node("pve1"), node("pve2")])
        _ = try await fixture.store.importInventory(inventory, at: at(0), by: "test")
        return fixture
    }

    @Test func comesBackAsItWasUnderItsDigest() async throws {
        let fixture = try await fleet()
        var plan = Self.plan("pve1", "pve2")
        plan.nodes[0].plan.files.append(FileChange(path: "/boot/x", before: nil, after: [0xff, 0, 0x0a]))
        let digest = try await fixture.store.save(plan, at: at(1))
        #expect(try await fixture.store.plan(digest) == plan)
        #expect(try await fixture.store.save(plan, at: at(2)) == digest, "the same plan has the same digest")
        #expect(try await fixture.store.plans().map(\.createdAt) == [at(1)])
        #expect(try await fixture.store.plans().first?.verdicts == [.change: 2])
        #expect(try await fixture.store.planDigest(beginning: digest.short.uppercased()) == digest)
    }

    @Test func everyDifferenceGivesAnotherDigest() async throws {
        let fixture = try await fleet()
        var digests: Set<ContentDigest> = [
            try await fixture.store.save(Self.plan("pve1"), at: at(1)),
            try await fixture.store.save(Self.plan("pve1", text: "vfio"), at: at(1)),
            try await fixture.store.save(Self.plan("pve1", "pve2"), at: at(1)),
            try await fixture.store.save(Self.plan("pve2", "pve1"), at: at(1)),
        ]
        var undo = Self.plan("pve1")
        undo.purpose = .undo
        digests.insert(try await fixture.store.save(undo, at: at(1)))
        #expect(digests.count == 5)
        // Scripts and people keep digests: they must not change with a new version.
        #expect(digests.map(\.short).sorted().count == 5)
    }

    /// Digests are made over these texts, and must not change with the way they are written.
    @Test func entriesAreStoredAsTheirSortedJSON() async throws {
        let fixture = try await fleet()
        _ = try await fixture.store.importInventory(
            Inventory(nodes: [node("pve1"), node("pve2"), node("pve3")]), at: at(0), by: "test")
        var plan = Self.plan("pve1", "pve2", "pve3")
        let evidence = Evidence(command: "é", output: "\t")
        plan.nodes[0].plan.reasons = [Reason(.note, "x", "a/b “c”\n\"d\"", evidence: [evidence])]
        plan.nodes[1].settings.complianceOnly = true
        plan.nodes[1].facts = nil
        _ = try await fixture.store.save(plan, at: at(1))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        for (position, entry) in plan.nodes.enumerated() {
            let stored = try sqlite(fixture.path, "SELECT entry FROM plan_node WHERE position = \(position)")
            #expect(try stored == String(decoding: encoder.encode(entry), as: UTF8.self))
        }
    }

    @Test func aStoredPlanThatWasTamperedWithIsRefused() async throws {
        let fixture = try await fleet()
        let digest = try await fixture.store.save(Self.plan("pve1"), at: at(1))
        try sqlite(fixture.path, "UPDATE plan_node SET entry = replace(entry, 'vfio', 'evil')")
        await expectCode("store-unreadable-row") { _ = try await fixture.store.plan(digest) }
    }

    @Test func unknownDigestsAreSaidSo() async throws {
        let fixture = try await fleet()
        await expectCode("plan-unknown") { _ = try await fixture.store.plan(.sha256([1])) }
        await expectCode("plan-unknown") { _ = try await fixture.store.planDigest(beginning: "abcd") }
        await expectCode("plan-digest-invalid") { _ = try await fixture.store.planDigest(beginning: "'--") }
    }

    @Test func aPlanForAStrangerIsNotKeptInPart() async throws {
        let fixture = try await fleet()
        await expectCode("node-unknown") { _ = try await fixture.store.save(Self.plan("pve1", "stranger"), at: at(1)) }
        #expect(try await fixture.store.plans().isEmpty)
    }
}
