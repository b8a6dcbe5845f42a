import Foundation
import TestSupport
import Testing

/// Guests that run before a roll-out run after it, on simulated nodes with the real scripts.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct GuestJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let files = "/etc/default/grub /etc/modules /boot/grub/grub.cfg"

    private static func fleet() async throws -> SimulatedFleet {
        let fleet = try await SimulatedFleet.start(
            machines: [machine],
            setup: """
                defaults:
                  reboot_seconds: 0.5
                  guests:
                    - {id: 100, config: "name: a\\nmemory: 512\\nmachine: q35\\nonboot: 1\\n"}
                    - {id: 101, kind: lxc, config: "hostname: web\\nstartup: order=1\\n"}
                    - {id: 102, config: "name: b\\nmemory: 512\\n"}
                nodes: {n1: {machine: \(machine)}}
                """)
        // 100 was started by the boot.
        _ = try await fleet.shell(
            "n1", "pct start 101; qm list; while qm status 100 | grep -q stopped; do sleep 0.1; done")
        return fleet
    }

    private static func playbook(_ fleet: SimulatedFleet, guests: String) throws -> String {
        try fleet.folder.write(
            """
            playbook: guests
            devices: [{name: gpu, at: "01:00"}]
            guests: [{vm: 100, devices: [gpu]}]
            rollout: {pause: 0s, return-within: 60s, guests: \(guests)}
            """, to: "p.yaml")
    }

    private static func states(_ fleet: SimulatedFleet) async throws -> String {
        try await fleet.shell("n1", "qm status 100; pct status 101; qm status 102; qm config 100 | grep onboot")
    }

    private static let asBefore = "status: running\nstatus: running\nstatus: stopped\nonboot: 1\n"

    @Test(.timeLimit(.minutes(5))) func theyComeBackWithTheirDevices() async throws {
        let fleet = try await Self.fleet()
        #expect(try await Self.states(fleet) == Self.asBefore)
        let playbook = try Self.playbook(fleet, guests: "{default: shutdown, timeout: 5s}")

        // A container that does not shut down: nothing of the node is changed, and the VM is started again.
        let before = try await fleet.shell("n1", "sha256sum \(Self.files)")
        try await fleet.lab.order("guest-stays-up=101", node: "n1")
        let result = try await fleet.run(["apply", playbook, "--yes"])
        #expect(result.status == 1, "\(result.transcript)")
        #expect(result.transcript.contains("CT 101 did not shut down in time"), "\(result.transcript)")
        #expect(try await Self.states(fleet) == Self.asBefore)
        #expect(try await fleet.shell("n1", "sha256sum \(Self.files)") == before)
        #expect(try await fleet.boots() == ["n1": 1])
        try await fleet.lab.clearFaults(node: "n1")

        let plan = try await fleet.expect(2, "plan", playbook)
        #expect(plan.contains("shut down, and started again after the reboot: CT 101, VM 100"), "\(plan)")
        try await fleet.expect(0, "apply", playbook, "--yes")
        #expect(try await Self.states(fleet) == Self.asBefore)
        #expect(try await fleet.boots() == ["n1": 2])
        // The link of the proof chain that no roll-out without its guests gets to.
        let process = try await fleet.shell("n1", "tr '\\0' ' ' </proc/$(cat /run/qemu-server/100.pid)/cmdline")
        #expect(process.contains("vfio-pci,host=0000:01:00.0"), "\(process)")
        try await fleet.expect(0, "verify", playbook)
        let document = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(document.contains(#""heldOnboot" : "1""#) && !document.contains(#""isBack" : false"#), "\(document)")

        try await fleet.expect(0, "undo", "n1", "--yes")
        #expect(try await fleet.shell("n1", "sha256sum \(Self.files)") == before)
        #expect(try await fleet.shell("n1", "qm config 100") == "machine: q35\nmemory: 512\nname: a\nonboot: 1\n")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(5))) func aGuestForbidsTheReboot() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet, guests: "{default: shutdown, 101: refuse}")
        let plan = try await fleet.run(["plan", playbook])
        #expect(
            plan.output.contains("CT 101 runs, and no reboot of its node may end it (guests: refuse)"),
            "\(plan.transcript)")
        #expect(plan.output.contains("[guest-forbids-reboot]"))
        #expect(try await fleet.expect(0, "explain", "guest-forbids-reboot").contains("no reboot may end"))
        try await fleet.lab.down()
    }

    /// The controller dies while guests are down, and while they come back: another one brings them all back.
    @Test(.timeLimit(.minutes(5)), arguments: ["evacuate-2", "await-return", "return-1"])
    func aKilledControllerLeavesNobodyDown(step: String) async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet, guests: "shutdown")
        let killed = try await fleet.runAndKill(["apply", playbook, "--yes"]) {
            try await fleet.run(["rollout", "show", "--json"]).output.contains("\"step\" : \"\(step)\"")
        }
        if killed { try await fleet.expect(0, "rollout", "resume") }
        #expect(try await Self.states(fleet) == Self.asBefore)
        #expect(try await fleet.boots() == ["n1": 2])
        try await fleet.lab.down()
    }
}
