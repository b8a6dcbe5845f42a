import Foundation
import TestSupport
import Testing

/// A node that is lost, and what it is given back when somebody has switched it on again; with the real scripts.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct SettleJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let state =
        "pct status 101; qm status 300; ha-manager status | grep -c maintenance; cat /var/lib/ceph/lab/flags"

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
                      - {id: 300, config: "name: web\\nmemory: 512\\n"}
                      - {id: 101, kind: lxc, config: "hostname: db\\n"}
                    files:
                      /etc/pve/ha/resources.cfg: "vm: 300\\n\\tstate started\\n\\n"
                      /var/lib/ceph/osd/ceph-0/whoami: "0\\n"
                      /var/lib/ceph/lab/flags: ""
                  n2: {machine: \(machine)}
                """)
        _ = try await fleet.shell("n1", "qm start 300; pct start 101")
        return fleet
    }

    /// Without a guard: whoever switches it on finds it with its new settings.
    private static func playbook(_ fleet: SimulatedFleet) throws -> String {
        try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {pause: 0s, return-within: 5s, confirm-within: never, guests: {default: shutdown, timeout: 5s}}
            """, to: "p.yaml")
    }

    @Test(.timeLimit(.minutes(5))) func aLostNodeGetsBackWhatItIsOwed() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet)
        let before = try await fleet.shell("n1", Self.state)
        try await fleet.lab.order("never-returns", node: "n1")
        let lost = try await fleet.run(["apply", playbook, "n1", "--yes"])
        #expect(lost.status == 1 && lost.transcript.contains("Not seen to run again: CT 101"), "\(lost.transcript)")

        try await fleet.lab.clearFaults(node: "n1")
        try await fleet.lab.power("on", node: "n1")
        while try await fleet.run(["detect", "n1"]).status != 0 { try await Task.sleep(for: .milliseconds(200)) }
        let down = try await fleet.shell("n1", Self.state)
        #expect(down.contains("stopped") && down.contains("0 noout") && down != before, "\(down)")
        let shown = try await fleet.expect(0, "show", "n1")
        #expect(shown.contains("owed by roll-out") && shown.contains("pct start 101"), "\(shown)")
        #expect(try await fleet.expect(0, "show", "n1", "--json").contains(#""remains" : "HA maintenance"#))
        // The node is as the playbook wants it, and is not left as it is all the same.
        let plan = try await fleet.expect(2, "plan", playbook, "n1")
        #expect(plan.contains("[debt-open]") && plan.contains("1 to change: n1"), "\(plan)")
        #expect(try await fleet.expect(2, "settle", "n1", "--dry-run").contains("[debt-open]"))

        let settled = try await fleet.run(["settle", "n1", "--yes"])
        #expect(settled.status == 0, "\(settled.transcript)")
        #expect(try await fleet.shell("n1", Self.state) == before)
        let journal = try await fleet.expect(0, "rollout", "show", "--journal")
        #expect(journal.contains("is owed by the roll-out") && journal.contains("still owed:"), "\(journal)")
        #expect(try await !fleet.expect(0, "show", "n1").contains("owed by roll-out"))
        #expect(try await fleet.expect(0, "settle", "n1", "--dry-run").contains("[nothing-owed]"))
        #expect(try await fleet.expect(0, "plan", playbook, "n1").contains("unchanged"))
        #expect(try await fleet.expect(0, "explain", "debt-open").contains("vfiofleet settle"))
        try await fleet.expect(0, "audit", "verify")
        try await fleet.lab.down()
    }
}
