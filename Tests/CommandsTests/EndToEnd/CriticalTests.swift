import Foundation
import TestSupport
import Testing

/// What the host can't lose, seen by the real probe on a simulated node and kept by the plan.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct CriticalTests {
    private static let setup = """
        nodes:
          pve1:
            machine: intel-z390-rtx2070
            usb:
              - {at: "0000:00:14.0", id: "046d:c31c", name: USB Keyboard, interface: "030101"}
              - {at: "0000:01:00.2", id: "0529:0001", name: HASP HL, interface: "ff0000"}
            attached:
              - {kind: tpm, at: "0000:00:1f.5"}
              - {kind: watchdog, at: "0000:00:1f.4"}
        """

    private struct Critical: Decodable {
        struct Use: Decodable {
            var purpose: String
            var isVital: Bool
            var path: [String]
            var function: String
        }
        var uses: [Use]
    }

    private struct Plan: Decodable {
        struct Node: Decodable {
            struct Reason: Decodable {
                var code: String
                var severity: String
                var message: String
            }
            var reasons: [Reason]
        }
        var nodes: [Node]

        func messages(_ code: String) -> [String] { nodes.flatMap(\.reasons).filter { $0.code == code }.map(\.message) }
    }

    private func plan(_ fleet: SimulatedFleet, _ device: String, status: Int32) async throws -> Plan {
        let path = try fleet.folder.write("playbook: p\ndevices:\n  - {\(device)}\n", to: "p.yaml")
        let text = try await fleet.expect(status, "plan", path, "--json")
        return try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
    }

    @Test(.timeLimit(.minutes(3))) func everyUseIsShownAndKept() async throws {
        let fleet = try await SimulatedFleet.start(machines: ["intel-z390-rtx2070"], setup: Self.setup)
        try await fleet.expect(0, "detect")
        let text = try await fleet.expect(0, "show", "pve1", "--critical", "--json")
        let uses = try JSONDecoder().decode(Critical.self, from: Data(text.utf8)).uses
        func function(_ purpose: String) -> String? { uses.first { $0.purpose == purpose }?.function }
        for (purpose, address) in [
            ("default-route", "0000:00:1f.6"), ("root-file-system", "0000:00:17.0"), ("tpm", "0000:00:1f.5"),
            ("watchdog", "0000:00:1f.4"), ("keyboard", "0000:00:14.0"), ("licence-dongle", "0000:01:00.2"),
            ("console", "0000:00:02.0"),
        ] {
            #expect(function(purpose) == address, "\(purpose)")
        }
        #expect(uses.filter { !$0.isVital }.map(\.purpose) == ["keyboard", "licence-dongle"])
        #expect(uses.first { $0.purpose == "default-route" }?.path.first == "vmbr0")
        let table = try await fleet.expect(0, "show", "pve1", "--critical")
        #expect(table.contains("default-route") && table.contains("keyboard (warns)"), "\(table)")

        // The owner of this board passed its audio function, and lost the only network card with it.
        let accepted = #"name: audio, at: "00:1f", functions: [3], accept-siblings: ["00:1f.6", "00:1f.0"]"#
        let audio = try await plan(fleet, accepted, status: 1)
        let lost = audio.messages("group-holds-host-function")
        #expect(lost.contains { $0.contains("00:1f.6") && $0.contains("the default route (vmbr0 → ") }, "\(lost)")
        #expect(lost.contains { $0.contains("00:1f.5") && $0.contains("the TPM") }, "\(lost)")

        let card = try await plan(fleet, #"name: gpu, at: "01:00""#, status: 2)
        #expect(card.messages("host-device-lost").contains { $0.contains("HASP HL") }, "\(card)")
        #expect(card.nodes.flatMap(\.reasons).allSatisfy { $0.severity != "blocker" })
        try await fleet.lab.down()
    }
}
