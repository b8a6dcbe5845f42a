import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// A controller that dies at any moment loses nothing: after each journalled event it is killed, and resumed.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ResumeTests {
    private static let playbook = """
        playbook: kill
        devices: [{name: gpu, at: "01:00"}]
        guests: [{vm: 100, machine: q35, devices: [{device: gpu}]}]
        rollout: {canary: 0, batch: 1, pause: 0s, return-within: 60s}
        """

    /// The events of an undisturbed roll-out of one node with one guest.
    private static let events = 13

    @Test(.timeLimit(.minutes(8))) func aKilledControllerEndsWhereItWouldHave() async throws {
        let nodes = (1...Self.events).map { "n\($0)" }
        let fleet = try await SimulatedFleet.start(
            machines: ["intel-z390-rtx2070"],
            setup: """
                defaults:
                  reboot_seconds: 0.3
                  guests: [{id: 100, config: "name: a\\n"}]
                nodes: {\(nodes.map { "\($0): {machine: intel-z390-rtx2070}" }.joined(separator: ", "))}
                """)
        let playbook = try fleet.folder.write(Self.playbook, to: "kill.yaml")
        let store = try Store.open(path: fleet.database)
        var kills = 0
        for (index, node) in nodes.enumerated() {
            let known = try await store.rollouts().count
            let wasKilled = try await fleet.runAndKill(["apply", playbook, node, "--yes"]) {
                let rollouts = try await store.rollouts()
                return rollouts.count > known && (rollouts.first?.lastEvent ?? 0) > index
            }
            kills += wasKilled ? 1 : 0
            let rollout = try #require(try await store.rollouts().first)
            try await fleet.expect(0, "rollout", "resume", rollout.rollout.id.description)
            let ended = try await store.rollout(rollout.rollout.id).rollout
            #expect(ended.phase == .ended(.completed), "killed after event \(index + 1)")
        }
        // The last event may come too fast for the kill; the others must not.
        #expect(kills >= Self.events - 1)
        #expect(try await fleet.boots().values.allSatisfy { $0 == 2 })
        #expect(try await fleet.expect(0, "verify", playbook).contains("\(Self.events) compliant"))
        try await fleet.lab.down()
    }
}
