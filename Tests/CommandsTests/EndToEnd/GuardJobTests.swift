import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Nodes that put themselves back: the real script, started by each simulated boot, with nobody to reach it.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct GuardJobTests {
    private static let machine = "intel-z390-rtx2070"
    private static let changed =
        "/etc/default/grub /etc/modules /etc/kernel/cmdline /boot/grub/grub.cfg /boot/initrd.img-*"

    private static func playbook(_ fleet: SimulatedFleet, within: String) throws -> String {
        try fleet.folder.write(
            """
            playbook: guarded
            devices: [{name: gpu, at: "01:00"}]
            rollout: {canary: 1, batch: 2, pause: 0s, return-within: 30s, confirm-within: \(within)}
            """, to: "p.yaml")
    }

    private static func state(_ fleet: SimulatedFleet, _ node: String) async throws -> String {
        try await fleet.shell(
            node, "sha256sum \(changed) 2>/dev/null; stat -c '%n %a %u %g' \(changed) 2>/dev/null; ls /etc/modprobe.d")
    }

    /// Every way to boot: a copy goes back on each.
    @Test(.timeLimit(.minutes(5)), arguments: ["grub", "grub-esp", "systemd-boot"])
    func aNodeWithoutNetworkComesBackByItself(loader: String) async throws {
        let fleet = try await SimulatedFleet.start(
            machines: [Self.machine],
            setup: """
                defaults: {reboot_seconds: 0.5, loader: \(loader)}
                nodes: {n1: {machine: \(Self.machine)}, n2: {machine: \(Self.machine)}}
                """)
        let playbook = try Self.playbook(fleet, within: "6s")
        let before = try await Self.state(fleet, "n1")
        let line = try await fleet.shell("n1", "cat /proc/cmdline")
        try await fleet.lab.order("boots-without-network", node: "n1")

        let result = try await fleet.run(["apply", playbook, "--yes"])
        #expect(result.status == 1, "\(result.transcript)")
        #expect(result.output.contains("1 reverted: n1\n"), "\(result.transcript)")
        #expect(result.output.contains("1 held: n2\n"), "\(result.transcript)")
        #expect(result.output.contains("put itself back (no confirmation within 6 s)"), "\(result.transcript)")
        #expect(try await Self.state(fleet, "n1") == before)
        #expect(try await fleet.shell("n1", "cat /proc/cmdline") == line)
        #expect(try await fleet.shell("n1", "lspci -nnks 01:00.0").contains("in use: nouveau"))
        #expect(try await fleet.boots() == ["n1": 3, "n2": 1])
        let left = try await fleet.shell(
            "n1", "find /etc/systemd -name 'vfiofleet*'; ls /var/lib/vfiofleet/lock 2>/dev/null")
        #expect(left.isEmpty)
        let document = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(document.contains(#""state" : "reverted""#) && document.contains(#""phase" : "reverted""#))
        #expect(try await fleet.expect(0, "undo", "n1", "--dry-run").contains("unchanged"), "nothing is left to undo")

        // The cause is gone: the same playbook goes through.
        try await fleet.expect(0, "apply", try Self.playbook(fleet, within: "10m"), "--yes")
        #expect(try await fleet.boots() == ["n1": 4, "n2": 2])
        #expect(try await fleet.shell("n1", "lspci -nnks 01:00.0").contains("in use: vfio-pci"))
        #expect(try await fleet.shell("n1", "find /etc/systemd -name 'vfiofleet*'").isEmpty, "confirmed, it is gone")
        try await fleet.lab.down()
    }

    /// The card that carries the node's only network goes to vfio-pci by its id.
    private static func ownCard(_ fleet: SimulatedFleet, within: String) throws -> String {
        try fleet.folder.write(
            """
            playbook: own-card
            bind: ids
            devices:
              - name: nic
                at: "00:1f"
                functions: [6]
                accept-siblings: ["00:1f.0", "00:1f.3", "00:1f.4", "00:1f.5"]
            rollout: {canary: 1, batch: 2, pause: 0s, return-within: 30s, confirm-within: \(within)}
            """, to: "own-\(within).yaml")
    }

    @Test(.timeLimit(.minutes(5))) func aNodeCutOffOnPurposeComesBackByItself() async throws {
        let fleet = try await SimulatedFleet.start(["n1"], of: Self.machine, rebootSeconds: 0.5)
        let playbook = try Self.ownCard(fleet, within: "6s")
        let before = try await Self.state(fleet, "n1")
        let line = try await fleet.shell("n1", "cat /proc/cmdline")
        let override = ["--override", "n1:device-used-by-host"]

        let blocked = try await fleet.run(["apply", playbook, "--yes"])
        #expect(blocked.status == 1 && blocked.transcript.contains("[device-used-by-host]"), "\(blocked.transcript)")
        let unguarded = try await fleet.run(["plan", try Self.ownCard(fleet, within: "never")] + override)
        #expect(unguarded.transcript.contains("[override-without-guard]"), "\(unguarded.transcript)")
        let stranger = try await fleet.run(["plan", playbook, "--override", "n2:device-used-by-host"])
        #expect(stranger.transcript.contains("[override-no-such-node]"), "\(stranger.transcript)")

        let plan = try await fleet.run(["plan", playbook] + override)
        #expect(plan.status == 2, "\(plan.transcript)")
        #expect(plan.output.contains("OVERRIDDEN on n1: device-used-by-host"), "\(plan.transcript)")
        let digest = try #require(plan.output.split(separator: "\n").last { $0.hasPrefix("plan ") }).dropFirst(5)
        let silent = try await fleet.run(["apply", "--plan", String(digest), "--yes"])
        #expect(silent.status == 1 && silent.transcript.contains("[override-not-confirmed]"), "\(silent.transcript)")
        #expect(try await fleet.boots() == ["n1": 1], "nothing was done so far")

        let result = try await fleet.run(["apply", "--plan", String(digest), "--yes"] + override)
        #expect(result.status == 1, "\(result.transcript)")
        #expect(result.output.contains("1 reverted: n1\n"), "\(result.transcript)")
        #expect(try await Self.state(fleet, "n1") == before)
        #expect(try await fleet.shell("n1", "cat /proc/cmdline") == line)
        #expect(try await fleet.boots() == ["n1": 3])

        let journal = try await fleet.expect(0, "rollout", "show", "--journal")
        #expect(journal.contains("1  ") && journal.contains("overridden: n1:device-used-by-host"), "\(journal)")
        #expect(try await fleet.expect(0, "audit", "list", "--json").contains("n1:device-used-by-host"))
        try await fleet.expect(0, "audit", "verify")
        try await fleet.expect(0, "detect")
        let shown = try await fleet.expect(0, "show", "n1")
        #expect(shown.contains("guard: put itself back (no confirmation within 6 s)"), "\(shown)")
        #expect(shown.contains("reverted at ") && shown.contains(" restored /etc/"), "\(shown)")
        let document = try await fleet.expect(0, "show", "n1", "--json")
        #expect(document.contains(#""changeGuard" : {"#) && document.contains(#""lastRollout" : {"#))
        try await fleet.lab.down()
    }

    /// The controller dies at each step from the reboot on; the next one finds the node where it is by then.
    @Test(.timeLimit(.minutes(5)), arguments: ["await-return", "await-revert", "confirm"])
    func aKilledControllerFindsWhatCameOfIt(step: String) async throws {
        let fleet = try await SimulatedFleet.start(["n1"], of: Self.machine, rebootSeconds: 0.5)
        let playbook = try Self.playbook(fleet, within: step == "confirm" ? "10m" : "5s")
        let before = try await Self.state(fleet, "n1")
        if step != "confirm" { try await fleet.lab.order("boots-without-network", "returns-late=1", node: "n1") }
        let store = try Store.open(path: fleet.database)
        let apply = try fleet.start(["apply", playbook, "--yes"])
        let isThere = try await apply.waits {
            let name = try await store.rollouts().first?.rollout.nodes.first?.state.step?.name
            return name == step || (step == "await-revert" && name == "prove-boot")
        }
        #expect(isThere)
        apply.send(SIGKILL)
        _ = try await apply.result()
        let resumed = try await fleet.run(["rollout", "resume"])
        if step == "confirm" {
            #expect(resumed.status == 0, "\(resumed.transcript)")
            #expect(try await fleet.boots() == ["n1": 2])
        } else {
            #expect(resumed.output.contains("1 reverted: n1\n"), "\(resumed.transcript)")
            #expect(try await Self.state(fleet, "n1") == before)
            #expect(try await fleet.boots() == ["n1": 3])
        }
        #expect(try await fleet.shell("n1", "ls /var/lib/vfiofleet/lock 2>/dev/null").isEmpty)
        try await fleet.lab.down()
    }
}
