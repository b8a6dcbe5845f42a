import Foundation
import TestSupport
import Testing

/// The way back, as far over the fleet as an apply goes: foreseen, gated, in turn, and held against what came.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct UndoJobTests {
    private static let machine = "intel-z390-rtx2070"

    private struct Plan: Decodable {
        struct Settings: Decodable {
            var canary: Int
            var maxUnavailable: String?
            var confirmWithin: Int?
        }
        struct Node: Decodable {
            struct Forecast: Decodable {
                struct Driver: Decodable {
                    var address: String
                    var then: [String?]
                }
                var drivers: [Driver]
            }
            var verdict: String
            var forecast: Forecast?
        }
        var purpose: String
        var rollout: Settings
        var nodes: [Node]
    }

    private struct Rollout: Decodable {
        struct Node: Decodable {
            struct Miss: Decodable { var what: String }
            var forecastMisses: [Miss]?
        }
        var nodes: [Node]
    }

    @Test(.timeLimit(.minutes(5))) func goesBackAsItWasForeseen() async throws {
        let fleet = try await SimulatedFleet.start(["n1", "n2", "n3"], of: Self.machine, rebootSeconds: 0.5)
        let playbook = try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {canary: 0, batch: 3, pause: 0s}
            """, to: "p.yaml")
        _ = try await fleet.shell("n1", "chown 0:42 /etc/modules && chmod 640 /etc/modules")
        try await fleet.expect(0, "apply", playbook, "--yes")

        let options = ["--playbook", playbook, "--max-unavailable", "3", "--confirm-within", "5m"]
        let dry = try await fleet.run(["undo", "n*", "--dry-run", "--json"] + options)
        let plan = try JSONDecoder().decode(Plan.self, from: Data(dry.output.utf8))
        #expect(dry.status == 2 && plan.purpose == "undo", "\(dry.transcript)")
        #expect(plan.rollout.canary == 0 && plan.rollout.maxUnavailable == "3" && plan.rollout.confirmWithin == 300)
        let drivers = try #require(plan.nodes.first?.forecast?.drivers)
        #expect(drivers.first { $0.address == "0000:01:00.0" }?.then == ["nouveau"])
        let words = try await fleet.run(["undo", "n*", "--dry-run"] + options)
        #expect(words.output.contains("01:00.0: vfio-pci → nouveau"), "\(words.transcript)")
        #expect(words.output.contains("in turn: 3 under way at any time"), "\(words.transcript)")

        let gated = try await fleet.run(["undo", "n*", "--yes", "--max-risk", "0"] + options)
        #expect(gated.status == 1 && gated.transcript.contains("[risk-too-high]"), "\(gated.transcript)")
        let wrong = try await fleet.run(["undo", "n*", "--yes", "--canary", "some"])
        #expect(wrong.status == 1 && wrong.transcript.contains("--canary"), "\(wrong.transcript)")

        let undone = try await fleet.run(["undo", "n*", "--yes"] + options)
        #expect(undone.status == 0, "\(undone.transcript)")
        let shown = try await fleet.expect(0, "rollout", "show", "--json")
        let rollout = try JSONDecoder().decode(Rollout.self, from: Data(shown.utf8))
        #expect(rollout.nodes.map { $0.forecastMisses?.isEmpty } == [true, true, true], "\(shown)")
        for node in ["n1", "n2", "n3"] {
            #expect(try await fleet.shell(node, "lspci -nnks 01:00.0").contains("in use: nouveau"))
        }
        #expect(try await fleet.shell("n1", "stat -c '%a %u %g' /etc/modules") == "640 0 42\n")
        try await fleet.lab.down()
    }

    /// A VM that gets a card and starts with the node, and a container that does not start with it; both run.
    private static func fleetWithGuests() async throws -> SimulatedFleet {
        let guests = [
            #"{id: 100, config: "name: a\nmemory: 512\nmachine: q35\nonboot: 1\n"}"#,
            #"{id: 101, kind: lxc, config: "hostname: web\n"}"#,
        ]
        let fleet = try await SimulatedFleet.start(["n1"], of: machine, rebootSeconds: 0.5, guests: guests)
        _ = try await fleet.shell(
            "n1", "pct start 101; while qm status 100 | grep -q stopped; do sleep 0.1; done")
        return fleet
    }

    @Test(.timeLimit(.minutes(5))) func guestsAreTreatedAsByTheApply() async throws {
        let fleet = try await Self.fleetWithGuests()
        let playbook = try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            guests: [{vm: 100, devices: [gpu]}]
            rollout: {pause: 0s, return-within: 60s, guests: {default: shutdown, 105: leave}}
            """, to: "p.yaml")
        try await fleet.expect(0, "apply", playbook, "--yes")

        let plan = try await fleet.expect(2, "undo", "n1", "--dry-run")
        #expect(plan.contains("shut down, and started again after the reboot: VM 100, CT 101"), "\(plan)")
        #expect(plan.contains("running guests: shutdown; 105: leave\n"), "\(plan)")
        let left = try await fleet.expect(2, "undo", "n1", "--dry-run", "--guests", "leave")
        #expect(left.contains("[guest-stays-down]") && left.contains("running guests: leave\n"), "\(left)")
        let refused = try await fleet.run(["undo", "n1", "--yes", "--guests", "refuse"])
        #expect(refused.status == 1 && refused.transcript.contains("[guest-forbids-reboot]"), "\(refused.transcript)")
        let wrong = try await fleet.run(["undo", "n1", "--yes", "--guests", "shut-down"])
        #expect(wrong.status == 1 && wrong.transcript.contains("--guests"), "\(wrong.transcript)")
        #expect(try await fleet.boots() == ["n1": 2], "nothing has begun")

        try await fleet.expect(0, "undo", "n1", "--yes")
        #expect(try await fleet.boots() == ["n1": 3])
        let states = try await fleet.shell("n1", "qm status 100; pct status 101; qm config 100")
        #expect(
            states == "status: running\nstatus: running\nmachine: q35\nmemory: 512\nname: a\nonboot: 1\n", "\(states)")
        try await fleet.lab.down()
    }

    /// Its way back has no network: it goes on as the apply had left it, guests and their devices included, and there is
    /// something to undo still.
    @Test(.timeLimit(.minutes(5))) func oneThatIsPutBackIsAsTheApplyHadLeftIt() async throws {
        let fleet = try await Self.fleetWithGuests()
        let playbook = try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            guests: [{vm: 100, devices: [gpu]}]
            rollout: {pause: 0s, return-within: 60s, guests: shutdown}
            """, to: "p.yaml")
        try await fleet.expect(0, "apply", playbook, "--yes")
        let state = "cat /etc/pve/qemu-server/100.conf; qm status 100; pct status 101; sha256sum /etc/modules"
        let before = try await fleet.shell("n1", state)
        let plan = try await fleet.expect(2, "undo", "n1", "--dry-run")

        try await fleet.lab.order("boots-without-network", node: "n1")
        let undo = ["undo", "n1", "--yes", "--return-within", "4s", "--confirm-within", "6s"]
        let result = try await fleet.run(undo)
        #expect(result.status == 1 && result.output.contains("1 reverted: n1"), "\(result.transcript)")
        #expect(before.contains("hostpci0") && before.contains("running"))
        #expect(try await fleet.shell("n1", state) == before)
        try await fleet.expect(0, "verify", playbook)

        let again = try await fleet.expect(2, "undo", "n1", "--dry-run")
        #expect(again.contains("hostpci0") && again.contains("/etc/modules"), "\(again)\n\(plan)")
        try await fleet.expect(0, "undo", "n1", "--yes")
        #expect(try await !fleet.shell("n1", state).contains("hostpci0"))
        try await fleet.lab.down()
    }
}
