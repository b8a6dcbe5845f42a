import TestSupport
import Testing

@testable import Fleet

/// What every transcribed machine gets, when its first GPU that is not the console shall be passed.
@Suite struct MachineTests {
    private static let display = DeviceRequest.Match.kind(.init(category: .display, count: 1))

    private func plan(_ facts: NodeFacts, _ match: DeviceRequest.Match = display) throws -> NodePlan {
        let settings = NodeSettings(devices: [DeviceRequest(name: "gpu", match: match)])
        return Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
    }

    @Test func everyMachineGetsAVerdictWithReasons() throws {
        let machines = try Fixtures.machines()
        #expect(machines.count >= 36)
        for machine in machines {
            let plan = try plan(NodeFacts(machine))
            #expect(plan.verdict == .change || plan.verdict == .blocked, "\(machine.name)")
            #expect(!plan.reasons.isEmpty)
            #expect((plan.verdict == .blocked) == !plan.blockers.isEmpty)
            #expect(plan.verdict == .change || plan.files.isEmpty && plan.commands.isEmpty && !plan.reboot)
        }
    }

    @Test(arguments: [
        // Console and guest's card apart, a clean group: go.
        ("intel-z390-rtx2070", nil), ("intel-z370-gt1030-default-cmdline", nil),
        // Its only card is the console, which a request by kind leaves alone.
        ("amd-x570-navi10", "device-not-found"), ("intel-z390-rtx2080-iommu-off", "device-not-found"),
        ("pve-fuji-tx1320m3", "device-not-found"), ("mini-pc-n150-six-nvme", "device-not-found"),
        // It shares its group with another of the eight.
        ("hgx-h100-8gpu-shared-groups", "group-sibling-not-accepted"),
        // Nobody knows whether the IOMMU is on.
        ("laptop-p52-optimus-quadro", "facts-incomplete"),
    ])
    func someMachinesGetTheVerdictOfAnExpert(name: String, blocker: String?) throws {
        let plan = try plan(NodeFacts(try Fixtures.machine(name)))
        #expect(plan.verdict == (blocker == nil ? .change : .blocked), "\(plan.blockers)")
        #expect(blocker.map(plan.blockers.contains) ?? true, "\(plan.blockers)")
    }

    @Test func theDesktopsAudioWouldTakeItsOnlyNetworkCard() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let plan = try plan(facts, .slot(try Fixtures.slot("00:1f")))
        #expect(plan.verdict == .blocked)
        #expect(plan.blockers.contains("device-used-by-host") && plan.blockers.contains("device-not-passable"))
        let audio = NodeSettings(devices: [
            DeviceRequest(name: "audio", match: .slot(try Fixtures.slot("00:1f")), functions: [3])
        ])
        let blocked = Planner.plan(node: try Fixtures.node(), facts: facts, settings: audio)
        let reason = blocked.reasons.first { $0.code == "group-holds-host-function" }
        #expect(reason?.message.contains("00:1f.6") == true && reason?.message.contains("vmbr0") == true)
    }

    @Test(arguments: [
        ("00:00", "00:00.0"), ("00:01", "00:01.0"), ("00:1f", "functions: [3, 4, 5, 6]"),
    ])
    func bridgesStayWithTheHost(slot: String, words: String) throws {
        let plan = try plan(try Fixtures.facts("intel-z390-rtx2070"), .slot(try Fixtures.slot(slot)))
        let reason = try #require(plan.reasons.first { $0.code == "device-not-passable" }, "\(plan.blockers)")
        #expect(reason.message.contains(words), "\(reason.message)")
        #expect(!plan.blockers.contains("device-not-found"))
    }

    /// The host lives on another card, so that only the group forbids it.
    @Test func noAcceptanceSavesAVirtualFunctionInTheGroupOfItsMaker() throws {
        var facts = try Fixtures.facts("asrock-c246-connectx4-vfs-one-group")
        facts.hostUses = facts.hostUses.map { uses in uses.filter { $0.function.bus != 1 } }
        let wanted = try #require(PCIAddress("01:00.2"))
        let request = DeviceRequest(name: "vf", match: .slot(wanted.slot), functions: [2])
        let settings = NodeSettings(devices: [request])
        let plan = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(plan.blockers.contains("physical-function-taken"), "\(plan.blockers)")
        let siblings = plan.reasons.filter { $0.code == "group-sibling-not-accepted" }
        #expect(siblings.count == 5 && siblings.allSatisfy { $0.message.contains("To accept it would not help") })
    }

    @Test func aTwinThatIsNotWantedStaysWithItsDriver() throws {
        let facts = NodeFacts(try Fixtures.machine("amd-x870e-two-identical-tenstorrent"))
        let all = try #require(facts.functions.value)
        let twin = try #require(all.first { $0.id.vendor == 0x1e52 })
        let plan = try plan(facts, .slot(twin.address.slot))
        #expect(plan.verdict == .change, "\(plan.blockers)")
        #expect(plan.codes.isSuperset(of: ["bound-by-address", "twin-guarded"]))
    }

    @Test func theFirmwareIsBlamedOnlyWithEvidence() throws {
        let machine = try Fixtures.machine("hp-z2-g9-rtx4070-iommu-off")
        var setup = NodeSetup()
        setup.hasIOMMUTable = false
        let slot = try #require(machine.functions.first { $0.id.vendor == 0x10de }).address.slot
        #expect(try plan(NodeFacts(machine, setup), .slot(slot)).blockers.contains("iommu-off-in-firmware"))
        setup.hasIOMMUTable = true
        let open = try plan(NodeFacts(machine, setup), .slot(slot))
        #expect(open.verdict == .change && open.codes.contains("groups-unknown-until-iommu-on"), "\(open.blockers)")
        setup.arguments = "quiet intel_iommu=on iommu=pt"
        #expect(try plan(NodeFacts(machine, setup), .slot(slot)).blockers.contains("iommu-off-in-firmware"))
        setup.arguments = "quiet intel_iommu=off"
        #expect(try plan(NodeFacts(machine, setup), .slot(slot)).verdict == .change)
    }

    @Test func guestsAreJudgedAgainAfterTheReboot() throws {
        let machine = try Fixtures.machine("hp-z2-g9-rtx4070-iommu-off")
        let slot = try #require(machine.functions.first { $0.id.vendor == 0x10de }).address.slot
        let settings = try Fixtures.guide(slot.description)
        var setup = NodeSetup()
        setup.guests = [100: Fixtures.freshGuest]
        let facts = NodeFacts(machine, setup)
        let first = Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings)
        #expect(first.codes.contains("guests-after-reboot"))
        #expect(Planner.guestChanges(facts: facts, settings: settings).changes.isEmpty)
        var after = facts.carryingOut(first)
        #expect(Planner.guestChanges(facts: after, settings: settings).blockers.isEmpty)
        let nic = try #require(after.hostUses.value?.first { $0.purpose == .defaultRoute }).function
        let group = after.functions.value?.first { $0.address.slot == slot }?.group
        after.functions = after.functions.map { all in
            all.map { function in
                var function = function
                if function.address == nic { function.group = group }
                return function
            }
        }
        let decision = Planner.guestChanges(facts: after, settings: settings)
        #expect(decision.blockers.map(\.code) == ["group-holds-host-function"] && decision.changes.isEmpty)
    }
}
