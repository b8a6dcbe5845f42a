import TestSupport
import Testing

@testable import Fleet

@Suite struct PlanPropertyTests {
    private static let grubValues = [
        "\"quiet\"", "'quiet splash'", "", "quiet", "\"\"", "\"quiet intel_iommu=off\"", "\"quiet $OTHER\"",
        "\"quiet \\\n  splash\"", "\"$(cat x)\"", "\"iommu=soft\"", "'quiet'\"x\"", "\"intel_iommu=on iommu=pt quiet\"",
    ]
    private static let modprobeLines = [
        "options vfio-pci ids=8086:1533\n", "options vfio-pci disable_vga=0", "blacklist nouveau\n", "# note\n",
        "softdep snd_hda_intel pre: snd_pcm\n", "options kvm ignore_msrs=1\n", "options vfio_pci ids=\n",
        "install x /bin/true\n",
    ]

    private static func setup(_ numbers: inout SeededNumbers) -> NodeSetup {
        var setup = NodeSetup()
        setup.loader = [.grub, .grub, .grubOnESP, .systemdBoot].randomElement(using: &numbers) ?? .grub
        setup.guests = [100: Fixtures.freshGuest]
        let value = grubValues.randomElement(using: &numbers) ?? ""
        setup.grub = "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\(value)\nGRUB_CMDLINE_LINUX=\"\"\n"
        for path in ["vfio.conf", "blacklist.conf", "aaa.conf", "zzz.conf"] where Bool.random(using: &numbers) {
            let lines = (0..<Int.random(in: 0...3, using: &numbers)).compactMap { _ in
                modprobeLines.randomElement(using: &numbers)
            }
            setup.files["/etc/modprobe.d/" + path] = lines.joined(separator: "\n")
        }
        return setup
    }

    private static func settings(for machine: MachineDescription, _ numbers: inout SeededNumbers) throws -> NodeSettings
    {
        let slot = try #require(machine.functions.randomElement(using: &numbers)).address.slot
        let accepted =
            Bool.random(using: &numbers) ? machine.functions.map { AcceptedSibling($0.address, id: $0.id) } : []
        var settings = try Fixtures.guide(slot.description, files: Bool.random(using: &numbers) ? .guide : .dropIn)
        settings.devices[0].acceptSiblings = accepted
        return settings
    }

    @Test func everyPlanIsRepeatableSafeAndDoneAtOnce() throws {
        let machines = try Fixtures.machines()
        let node = try Fixtures.node()
        var changes = 0
        for seed in UInt64(0)..<1500 {
            var numbers = SeededNumbers(seed: seed)
            let machine = machines[Int(seed) % machines.count]
            let settings = try Self.settings(for: machine, &numbers)
            let facts = NodeFacts(machine, Self.setup(&numbers))
            let plan = Planner.plan(node: node, facts: facts, settings: settings)
            #expect(plan == Planner.plan(node: node, facts: facts, settings: settings), "seed \(seed)")
            guard plan.verdict == .change else { continue }
            changes += 1
            expectNothingOfTheHosts(plan, facts, seed)
            let after = facts.carryingOut(plan)
            let second = Planner.plan(node: node, facts: after, settings: settings)
            #expect(
                second.verdict == .unchanged,
                "seed \(seed), \(machine.name): \(second.reasons.first.map { "\($0)" } ?? "")")
            let result = Verifier.verify(node: node, facts: after, settings: settings)
            #expect(result.verdict == .compliant, "seed \(seed): \(result.checks.filter { $0.status != .pass })")
            for change in plan.files {
                #expect(facts.files[change.path]?.value?.bytes == change.before, "undo restores it")
            }
        }
        #expect(changes > 100, "\(changes) of the generated nodes could be changed")
    }

    private func expectNothingOfTheHosts(_ plan: NodePlan, _ facts: NodeFacts, _ seed: UInt64) {
        let uses = facts.hostUses.value ?? []
        let critical = Set(uses.map(\.function))
        #expect(critical.isDisjoint(with: plan.wanted.map(\.address)), "seed \(seed)")
        let ids = Set((facts.functions.value ?? []).filter { critical.contains($0.address) }.map(\.id.description))
        let options = plan.files.flatMap { ModprobeFile($0.after ?? []).vfioIDs ?? [] }
        #expect(ids.isDisjoint(with: options), "seed \(seed)")
    }

    @Test func readingAFileKeepsItsBytes() {
        for seed in UInt64(0)..<500 {
            var numbers = SeededNumbers(seed: seed)
            let alphabet: [UInt8] = Array("aG =\"'\\\n#$`(){};\t\r".utf8) + [0xff, 0xc3]
            let bytes = (0..<Int.random(in: 0...60, using: &numbers)).compactMap { _ in
                alphabet.randomElement(using: &numbers)
            }
            #expect(ModprobeFile(bytes).bytes == bytes && ModulesFile(bytes).bytes == bytes)
            #expect(ModulesFile(bytes).adding([]) == bytes && bytes.applying([]) == bytes)
            let grub = GrubDefaults(files: [.init(path: GrubDefaults.mainPath, bytes: bytes)])
            guard let edited = grub.editingInPlace(["iommu=pt"]) else { continue }
            #expect(edited.hasInEffect(["iommu=pt"]) && edited.editingInPlace(["iommu=pt"]) == edited)
        }
    }
}
