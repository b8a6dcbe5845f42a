import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// A roll-out outside of its maintenance windows, as its operator sees it.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct MaintenanceTests {
    private static func playbook(_ windows: String) -> String {
        """
        playbook: at-night
        devices: [{name: gpu, at: "01:00"}]
        rollout: {windows: [\(windows)], return-within: 60s}
        """
    }

    @Test(.timeLimit(.minutes(3))) func aRolloutWaitsAndSaysUntilWhen() async throws {
        let fleet = try await SimulatedFleet.start(["n1"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let store = try Store.open(path: fleet.database)
        let hour = (Int(Date().timeIntervalSince1970) / 3600 + 6) % 24
        let times = [hour, (hour + 3) % 24].map { $0 < 10 ? "0\($0):00" : "\($0):00" }.joined(separator: "-")
        let playbook = try fleet.folder.write(Self.playbook("daily \(times)"), to: "p.yaml")
        let apply = try fleet.start(["apply", playbook, "--yes"])
        let isWaiting = try await apply.waits {
            if case .waiting = try await store.rollouts().first?.rollout.phase { true } else { false }
        }
        #expect(isWaiting)
        let shown = try await fleet.expect(0, "rollout", "show")
        #expect(shown.contains("waiting for a maintenance window, until ") && shown.contains(":00:00Z"), "\(shown)")
        let document = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(document.contains(#""state" : "waiting""#) && document.contains(#""waitsUntil" : ""#))
        #expect(!document.contains("secondsLeft"), "no node is done, so nothing is known")

        try await fleet.expect(0, "rollout", "suspend")
        let result = try await apply.result()
        #expect(result.status == 130 && result.error.contains("for a maintenance window"), "\(result.transcript)")
        let abort = try await fleet.run(["rollout", "abort"])
        #expect(abort.status == 0 && abort.output.contains("1 held: n1\n"), "\(abort.transcript)")
        #expect(try await fleet.boots() == ["n1": 1])

        let open = try fleet.folder.write(Self.playbook("daily 00:00-24:00 Europe/Berlin"), to: "open.yaml")
        try await fleet.expect(0, "apply", open, "--yes")
        #expect(try await fleet.boots() == ["n1": 2])
        try await fleet.lab.down()
    }

    @Test func aPlaybookWhoseWindowsAreTooShortIsRefused() async throws {
        let fleet = try await SimulatedFleet.start(["n1"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let playbook = try fleet.folder.write(Self.playbook("Sat 22:00-22:05, daily 01:00-01:06"), to: "p.yaml")
        let result = try await fleet.run(["plan", playbook])
        #expect(result.status == 1 && result.error.contains("[playbook-window-too-short]"), "\(result.transcript)")
        #expect(result.error.contains("p.yaml:3:"), "\(result.transcript)")
        try await fleet.lab.down()
    }
}
