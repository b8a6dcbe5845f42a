import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// High availability and Ceph around a reboot, on simulated nodes of one cluster with the real scripts.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ClusterJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let files = "/etc/default/grub /etc/modules /boot/grub/grub.cfg"
    private static let flags = "cat /var/lib/ceph/lab/flags"

    /// HA looks after a VM on each node, and n1 carries two OSDs, one of which has its flag already.
    private static func fleet(_ guest: String = "name: web\\nmemory: 512\\n") async throws -> SimulatedFleet {
        let fleet = try await SimulatedFleet.start(
            machines: [machine],
            setup: """
                defaults:
                  reboot_seconds: 0.5
                  cluster: {name: lab, votes: {n1: 1, n2: 1, n3: 1}}
                nodes:
                  n1:
                    machine: \(machine)
                    guests: [{id: 300, config: "\(guest)"}]
                    files:
                      /etc/pve/ha/resources.cfg: "vm: 300\\n\\tstate started\\n\\n"
                      /var/lib/ceph/osd/ceph-0/whoami: "0\\n"
                      /var/lib/ceph/osd/ceph-3/whoami: "3\\n"
                      /var/lib/ceph/lab/foreign: "1\\n2\\n"
                      /var/lib/ceph/lab/flags: "3 noout\\n"
                  n2: {machine: \(machine)}
                """)
        _ = try await fleet.shell("n1", "qm start 300")
        return fleet
    }

    private static func playbook(_ fleet: SimulatedFleet, within: Int = 60) throws -> String {
        try fleet.folder.write(
            """
            playbook: gpu
            devices: [{name: gpu, at: "01:00"}]
            rollout: {pause: 0s, soak: 0s, return-within: \(within)s}
            """, to: "p.yaml")
    }

    private static func expectAsBefore(_ fleet: SimulatedFleet) async throws {
        #expect(try await fleet.shell("n1", "qm status 300") == "status: running\n")
        #expect(try await fleet.shell("n1", flags) == "3 noout\n")
        let status = try await fleet.shell("n1", "ha-manager status")
        #expect(status.contains("service vm:300 (n1, started)") && !status.contains("maintenance"), "\(status)")
        #expect(try await fleet.shell("n1", "cat /var/lib/vfiofleet/lock || echo none").contains("none"))
    }

    @Test(.timeLimit(.minutes(5))) func theClusterIsReadyFirstAndAsBeforeAfterwards() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet)
        try await fleet.expect(0, "apply", playbook, "--yes")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2])
        try await Self.expectAsBefore(fleet)
        let commands = try await fleet.shell("n1", "cat /etc/pve/ha/crm_commands")
        #expect(commands == "enable-node-maintenance n1\ndisable-node-maintenance n1\n")
        let shown = try await fleet.expect(0, "rollout", "show", "--journal")
        #expect(shown.contains("needs HA maintenance (vm:300 leaves) and noout for osd.0"), "\(shown)")
        let document = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(document.contains(#""maintenance" : "set""#) && document.contains(#""isSet" : false"#), "\(document)")
        try await fleet.lab.down()
    }

    /// Each roll-out has one member, and both begin at the same moment.
    @Test(.timeLimit(.minutes(5))) func twoRolloutsTakeTheirMembersOneAfterTheOther() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet)
        let applies = try ["n1", "n2"].map { try fleet.start(["apply", playbook, $0, "--yes"]) }
        var waited: [Bool] = []
        for apply in applies {
            let result = try await apply.result()
            #expect(result.status == 0, "\(result.transcript)")
            waited.append(result.error.contains("nodes wait for n") && result.error.contains("(cluster lab)"))
        }
        #expect(waited.contains(true), "one was told why it waits")
        let store = try Store.open(path: fleet.database)
        let runs = try await store.rollouts().flatMap { $0.rollout.nodes.filter { $0.begunAt != nil } }
        let spans = runs.map { ($0.begunAt, $0.endedAt) }
        #expect(spans.count == 2)
        let (first, second) = (try #require(spans.first), try #require(spans.last))
        let isApart = try #require(first.1) <= #require(second.0) || #require(second.1) <= #require(first.0)
        #expect(isApart, "both were under way")
        try store.close()
        // The last look at it was before its confirmation.
        let shown = try await fleet.expect(0, "show", "n1")
        #expect(!shown.contains("waits for the confirmation") && !shown.contains("locked for"), "\(shown)")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(5))) func whatIsOnStaysOn() async throws {
        let fleet = try await Self.fleet()
        _ = try await fleet.shell("n1", "ha-manager crm-command node-maintenance enable n1")
        try await fleet.expect(0, "apply", try Self.playbook(fleet), "--yes")
        #expect(try await fleet.shell("n1", "ha-manager status").contains("lrm n1 (maintenance mode"))
        #expect(try await fleet.shell("n1", "wc -l </etc/pve/ha/crm_commands").hasPrefix("1"))
        try await fleet.lab.down()
    }

    /// Ceph refuses at first, and can't be asked then: both leave the node as it is.
    @Test(.timeLimit(.minutes(5))) func aRefusalLeavesTheNodeUnchanged() async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet, within: 10)
        let before = try await fleet.shell("n1", "sha256sum \(Self.files)")
        _ = try await fleet.shell(
            "n1",
            "mkdir -p /var/lib/ceph/mon/ceph-n1 /var/lib/ceph/mds/ceph-n1; printf 'n2\\nn3\\n' >/var/lib/ceph/lab/mons")
        for (mark, code, words) in [
            ("mons-down", "ceph-mon-not-ok-to-stop", "not enough monitors would be available"),
            ("mds-degraded", "ceph-mds-not-ok-to-stop", "currently degraded"),
            ("not-ok", "ceph-not-ok-to-stop", "7 PGs are or would become offline"),
            ("unreachable", "ceph-unknown", "Ceph could not be asked"),
        ] {
            _ = try await fleet.shell("n1", "echo 7 >/var/lib/ceph/lab/\(mark)")
            let result = try await fleet.run(["apply", playbook, "--yes"])
            #expect(result.status == 1 && result.transcript.contains(code), "\(result.transcript)")
            #expect(result.transcript.contains(words), "\(result.transcript)")
            _ = try await fleet.shell("n1", "rm /var/lib/ceph/lab/\(mark)")
            try await Self.expectAsBefore(fleet)
        }
        #expect(try await fleet.shell("n1", "sha256sum \(Self.files)") == before)
        #expect(try await fleet.boots() == ["n1": 1, "n2": 1])
        #expect(try await fleet.expect(0, "explain", "ceph-noout").contains("ok-to-stop"))
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(5))) func aServiceBoundToTheNodeIsRefused() async throws {
        let fleet = try await Self.fleet("name: ai\\nmemory: 512\\nmachine: q35\\nhostpci0: 0000:00:1f.3\\n")
        let plan = try await fleet.run(["plan", try Self.playbook(fleet)])
        #expect(plan.output.contains("[ha-service-pinned]"), "\(plan.transcript)")
        #expect(plan.output.contains("ha-manager set vm:300 --state ignored"), "\(plan.transcript)")
        #expect(try await fleet.expect(0, "explain", "ha-service-pinned").contains("ignored"))
        try await fleet.lab.down()
    }

    /// The controller dies while the cluster waits for the node: another one puts everything back.
    @Test(.timeLimit(.minutes(5)), arguments: ["hold-cluster", "await-return", "release-cluster"])
    func aKilledControllerLeavesNothingSet(step: String) async throws {
        let fleet = try await Self.fleet()
        let playbook = try Self.playbook(fleet)
        let killed = try await fleet.runAndKill(["apply", playbook, "--yes"]) {
            try await fleet.run(["rollout", "show", "--json"]).output.contains("\"step\" : \"\(step)\"")
        }
        if killed { try await fleet.expect(0, "rollout", "resume") }
        try await Self.expectAsBefore(fleet)
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2])
        try await fleet.lab.down()
    }
}
