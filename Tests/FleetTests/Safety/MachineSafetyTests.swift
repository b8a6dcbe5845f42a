import TestSupport
import Testing

@testable import Fleet

/// Devices of real machines, most of them those their owners passed or tried to, and what an expert would say.
@Suite struct MachineSafetyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var machine: String
        var slot: String
        var functions: [UInt8]?
        /// Every other function of the node may go along.
        var acceptsAll = true
        /// Nil = go.
        var blocker: PlanReason?
        /// What the blocker's message, or else one of the other reasons, must name.
        var names: [String] = []

        var testDescription: String { "\(machine) \(slot)" }
    }

    static let cases = [
        // The third slot hangs off the chipset, beside the only network card; the first two are apart.
        Case(
            machine: "amd-x370-three-gpus", slot: "04:00", blocker: .groupHoldsHostFunction,
            names: ["06:00.0", "the default route (vmbr0 → eno1)"]),
        Case(machine: "amd-x370-three-gpus", slot: "08:00"),
        Case(machine: "amd-x370-three-gpus", slot: "09:00"),
        // Display and sound in groups of their own: a rule by group would leave the sound behind.
        Case(machine: "amd-b450-acs-split-two-gpus", slot: "12:00", names: ["12:00.0 in 13, 12:00.1 in 14"]),
        Case(machine: "amd-b450-apu-rx580", slot: "10:00"),
        Case(
            machine: "amd-b450-apu-rx580", slot: "15:00", functions: [0], blocker: .groupHoldsHostFunction,
            names: ["18:00.0", "the default route"]),
        // One group for the whole second chipset.
        Case(
            machine: "amd-x670e-rx7900xtx-igpu", slot: "13:00", blocker: .groupHoldsHostFunction,
            names: ["10:00.0", "the default route"]),
        Case(
            machine: "amd-x870e-two-identical-tenstorrent", slot: "0d:00", blocker: .groupHoldsHostFunction,
            names: ["0c:00.0"]),
        // Four ports, one group; the owner added a card to have one that can be passed.
        Case(
            machine: "hp-dl380p-gen8-smart-array", slot: "03:00", functions: [3], blocker: .groupHoldsHostFunction,
            names: ["03:00.0"]),
        Case(machine: "hp-dl380p-gen8-smart-array", slot: "04:00"),
        Case(
            machine: "hp-dl380p-gen8-smart-array", slot: "01:00", functions: [4], blocker: .groupHoldsHostFunction,
            names: ["its only console"]),
        // Both cards in one group: the console's can't go along, the other's can.
        Case(
            machine: "intel-z370-two-gpus-one-group", slot: "02:00", blocker: .groupHoldsHostFunction,
            names: ["01:00.0", "its only console"]),
        Case(
            machine: "intel-z370-two-gpus-one-group", slot: "01:00", acceptsAll: false,
            blocker: .groupSiblingNotAccepted,
            names: ["accept-siblings: [\"02:00.0 10de:1f08\"", "\"02:00.3 10de:1adb\"]"]),
        // What their owners have handed over already.
        Case(machine: "pve-suprox-x11scl-sata-nic", slot: "00:17", acceptsAll: false),
        Case(machine: "pve-suprox-x11scl-sata-nic", slot: "01:00", acceptsAll: false),
        Case(machine: "pve-fuji-tx1320m3", slot: "05:00", acceptsAll: false),
        Case(machine: "pve-fuji-tx1320m3", slot: "01:00", blocker: .deviceUsedByHost, names: ["the root file system"]),
        Case(
            machine: "hgx-h100-8gpu-shared-groups", slot: "11:00", acceptsAll: false, blocker: .groupSiblingNotAccepted,
            names: ["12:00.0", "05:00.0, 06:00.0, 07:00.0, 08:00.0, which stay with the host"]),
        Case(machine: "ampere-altra-eight-domains-a40", slot: "0005:01:00", acceptsAll: false),
        Case(
            machine: "epyc-genoa-h100nvl-vfio", slot: "63:00", functions: [1], acceptsAll: false,
            blocker: .groupSiblingNotAccepted, names: ["63:00.0 14e4:165f"]),
        Case(machine: "intel-z690-vmd-rx6700xt-rx560", slot: "04:00", acceptsAll: false),
    ]

    @Test(arguments: cases)
    func theVerdictIsAnExperts(_ expected: Case) throws {
        let machine = try Fixtures.machine(expected.machine)
        let accepted = machine.functions.map { AcceptedSibling($0.address, id: $0.id) }
        let device = DeviceRequest(
            name: "device", match: .slot(try Fixtures.slot(expected.slot)), functions: expected.functions,
            acceptSiblings: expected.acceptsAll ? accepted : [])
        let plan = try Topology.plan(NodeFacts(machine), device)
        // Equal cards are another question.
        let blockers = plan.reasons.filter {
            $0.severity == .blocker && $0.code.rawValue != PlanReason.idShared.rawValue
        }
        #expect(blockers.map(\.code.rawValue).first == expected.blocker?.rawValue, "\(blockers.map(\.message))")
        let messages = plan.reasons.map(\.message)
        for name in expected.names {
            #expect(messages.contains { $0.contains(name) }, "\(name): \(messages)")
        }
    }
}
