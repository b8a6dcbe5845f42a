import Foundation
import TestSupport
import Testing

/// Guests that are migrated for a reboot and come home, on simulated nodes of one cluster with the real scripts.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct MigrationJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let files = "/etc/default/grub /etc/modules /boot/grub/grub.cfg"

    /// n1 has a VM that can be migrated and one with a disk of its own; n3 is a member that is not there.
    private static func fleet() async throws -> SimulatedFleet {
        let fleet = try await SimulatedFleet.start(
            machines: [machine],
            setup: """
                defaults:
                  reboot_seconds: 0.5
                  cluster: {name: lab, votes: {n1: 1, n2: 1, n3: 1}}
                nodes:
                  n1:
                    machine: \(machine)
                    guests:
                      - {id: 100, config: "name: web\\nmemory: 512\\n"}
                      - {id: 101, config: "name: db\\nmemory: 512\\nscsi0: local-lvm:vm-101-disk-0,size=1G\\n"}
                  n2: {machine: \(machine)}
                """)
        _ = try await fleet.shell("n1", "qm start 100; qm start 101")
        return fleet
    }

    private static func playbook(_ fleet: SimulatedFleet, _ guests: String) throws -> String {
        try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {pause: 0s, soak: 0s, return-within: 60s, guests: \(guests)}
            """, to: "p.yaml")
    }

    private static let both = "{default: migrate, otherwise: shutdown}"

    private static func expectAsBefore(_ fleet: SimulatedFleet, boots: Int) async throws {
        #expect(try await fleet.shell("n1", "qm status 100; qm status 101") == "status: running\nstatus: running\n")
        #expect(try await fleet.shell("n2", "ls /etc/pve/nodes/n2/qemu-server; qm list") == "")
        #expect(try await fleet.boots()["n1"] == boots)
        #expect(try await fleet.shell("n1", "cat /var/lib/vfiofleet/lock || echo none").contains("none"))
    }

    @Test(.timeLimit(.minutes(5))) func itGoesRunsThereAndComesHome() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet, Self.both)
        let plan = try await fleet.expect(2, "plan", playbook, "n1")
        #expect(plan.contains("migrated to another member of the cluster, and back after the reboot: VM 100, VM 101"))
        try await fleet.expect(0, "apply", playbook, "n1", "--yes")
        try await Self.expectAsBefore(fleet, boots: 2)
        let shown = try await fleet.expect(0, "rollout", "show", "--journal")
        #expect(shown.contains("VM 100 runs and goes to n2"), "\(shown)")
        #expect(shown.contains("VM 101 runs and can't be migrated (it has disks that only this node has"), "\(shown)")
        let document = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(document.contains(#""target" : "n2""#) && !document.contains(#""isBack" : false"#), "\(document)")
        try await fleet.expect(0, "undo", "n1", "--guests", "leave", "--yes")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["fails", "lies"])
    func aMigrationThatFailsLeavesTheNodeUnchanged(fault: String) async throws {
        let fleet = try await Self.fleet()
        let before = try await fleet.shell("n1", "sha256sum \(Self.files)")
        try await fleet.lab.order("migration-\(fault)=100", node: "n1")
        let result = try await fleet.run(["apply", try Self.playbook(fleet, Self.both), "n1", "--yes"])
        #expect(result.status == 1 && result.transcript.contains("guest-not-migrated"), "\(result.transcript)")
        try await Self.expectAsBefore(fleet, boots: 1)
        #expect(try await fleet.shell("n1", "sha256sum \(Self.files)") == before)

        // Where nothing is said about guests that can't be migrated, one that has its disk here keeps the node up.
        try await fleet.lab.clearFaults(node: "n1")
        let refused = try await fleet.run(["apply", try Self.playbook(fleet, "migrate"), "n1", "--yes"])
        #expect(refused.status == 1 && refused.transcript.contains("local-lvm:vm-101-disk-0"), "\(refused.transcript)")
        try await Self.expectAsBefore(fleet, boots: 1)
        #expect(try await fleet.expect(0, "explain", "guest-not-migratable").contains("otherwise"))
        try await fleet.lab.down()
    }

    /// HA moves what it manages; nobody else does.
    @Test(.timeLimit(.minutes(5))) func aGuestUnderHAIsLeftToIt() async throws {
        let fleet = try await Self.fleet()
        _ = try await fleet.shell("n1", "ha-manager add vm:100 --state started")
        try await fleet.expect(0, "apply", try Self.playbook(fleet, Self.both), "n1", "--yes")
        try await Self.expectAsBefore(fleet, boots: 2)
        let shown = try await fleet.expect(0, "rollout", "show", "--journal")
        #expect(shown.contains("needs HA maintenance (vm:100 leaves)"), "\(shown)")
        #expect(shown.contains("VM 101 runs and can't be migrated") && !shown.contains("VM 100 runs"), "\(shown)")
        try await fleet.lab.down()
    }

    /// The controller dies while a guest leaves, while it is away, and while it comes home.
    @Test(.timeLimit(.minutes(5)), arguments: ["evacuate-1", "await-return", "return-2"])
    func aKilledControllerLeavesNobodyAway(step: String) async throws {
        let fleet = try await Self.fleet()
        let killed = try await fleet.runAndKill(["apply", try Self.playbook(fleet, Self.both), "n1", "--yes"]) {
            try await fleet.run(["rollout", "show", "--json"]).output.contains("\"step\" : \"\(step)\"")
        }
        if killed { try await fleet.expect(0, "rollout", "resume") }
        try await Self.expectAsBefore(fleet, boots: 2)
        try await fleet.lab.down()
    }
}
