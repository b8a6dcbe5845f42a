import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Nodes that failed and are taken up again by the same roll-out, from another terminal.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct RetryTests {
    private static let machine = "intel-z390-rtx2070"

    private static func begin(confirm: String = "10m") async throws -> (SimulatedFleet, String) {
        let fleet = try await SimulatedFleet.start(["n1", "n2"], of: machine, rebootSeconds: 0.5)
        let playbook = try fleet.folder.write(
            """
            playbook: again
            devices: [{name: gpu, at: "01:00"}]
            rollout: {canary: 0, batch: 1, pause: 10m, return-within: 30s, confirm-within: \(confirm), failure-budget: 1}
            """, to: "p.yaml")
        return (fleet, playbook)
    }

    private static func rollout(_ store: Store) async throws -> Rollout? { try await store.rollouts().first?.rollout }

    private static func isPausing(_ store: Store) async throws -> Bool {
        if case .pausing = try await rollout(store)?.phase { true } else { false }
    }

    /// Its files are written, and its images are not: what is left is done.
    @Test(.timeLimit(.minutes(3))) func aNodeThatIsHalfDoneIsFinished() async throws {
        let (fleet, playbook) = try await Self.begin()
        let store = try Store.open(path: fleet.database)
        try await fleet.lab.order("update-initramfs-fails", node: "n1")
        let apply = try fleet.start(["apply", playbook, "--yes"])
        #expect(try await apply.waits { try await Self.isPausing(store) })
        try await fleet.lab.clearFaults(node: "n1")
        let retry = try await fleet.run(["rollout", "retry", "n[1-2]"])
        #expect(retry.status == 1 && retry.output == "to be taken up again: n1\n", "\(retry.transcript)")
        #expect(retry.error.contains("n2: not taken up again"), "\(retry.transcript)")
        #expect(try await apply.waits { try await Self.rollout(store)?.nodes.first?.tries == 2 })
        apply.send(SIGINT)
        let suspended = try await apply.result()
        #expect(suspended.output.contains("2 queued: n[1-2]\n"), "\(suspended.transcript)")

        let resumed = try await fleet.expect(0, "rollout", "resume")
        #expect(resumed.contains("2 verified: n[1-2]\n"), "\(resumed)")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2])
        let shown = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(shown.contains(#""tries" : 2"#) && shown.contains(#""kind" : "retry-asked""#))
        #expect(try await fleet.expect(0, "audit", "list", "--json").contains("retry"))
        try await fleet.expect(0, "undo", "n1", "--yes")
        #expect(try await fleet.shell("n1", "lspci -nnks 01:00.0").contains("in use: nouveau"))

        let late = try await fleet.run(["rollout", "retry", "n1"])
        #expect(late.status == 1 && late.error.contains("vfiofleet apply PLAYBOOK 'n1'"), "\(late.transcript)")
        #expect(late.error.contains("[rollout-ended]"), "\(late.transcript)")
        try await fleet.lab.down()
    }

    /// What it has put back is undone by nobody; what the second try did is.
    @Test(.timeLimit(.minutes(3))) func aNodeThatPutItselfBackIsTakenUpAgain() async throws {
        let (fleet, playbook) = try await Self.begin(confirm: "20s")
        let store = try Store.open(path: fleet.database)
        let before = try await fleet.shell("n1", "sha256sum /etc/default/grub /etc/modules; ls /etc/modprobe.d")
        try await fleet.lab.order("boots-without-network", node: "n1")
        let apply = try fleet.start(["apply", playbook, "--yes"])
        #expect(try await apply.waits { try await Self.isPausing(store) })
        #expect(try await Self.rollout(store)?.nodes.first?.state.word == "reverted")
        try await fleet.expect(0, "rollout", "retry", "n1")
        #expect(try await apply.waits { try await Self.rollout(store)?.nodes.first?.tries == 2 })
        apply.send(SIGINT)
        #expect(try await apply.result().status == 130)
        try await fleet.expect(0, "rollout", "resume")
        #expect(try await fleet.boots() == ["n1": 4, "n2": 2])
        #expect(try await fleet.shell("n1", "lspci -nnks 01:00.0").contains("in use: vfio-pci"))
        try await fleet.expect(0, "undo", "n1", "--yes")
        #expect(try await fleet.shell("n1", "sha256sum /etc/default/grub /etc/modules; ls /etc/modprobe.d") == before)
        try await fleet.lab.down()
    }
}
