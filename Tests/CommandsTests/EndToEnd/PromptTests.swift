import Foundation
import TestSupport
import Testing

/// What a person types before an override, on a real terminal.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct PromptTests {
    private static let question = "risk-too-high is overridden. Type the node's name to agree:"
    private static let override = ["--max-risk", "0", "--override", "n1:risk-too-high"]

    private static func fleet() async throws -> (SimulatedFleet, playbook: String) {
        let fleet = try await SimulatedFleet.start(["n1", "n2"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        let playbook = try fleet.folder.write(
            """
            playbook: risky
            devices: [{name: gpu, at: "01:00"}]
            rollout: {pause: 0s, return-within: 60s}
            """, to: "p.yaml")
        return (fleet, playbook)
    }

    @Test(.timeLimit(.minutes(5))) func nothingButTheNamesAgree() async throws {
        let (fleet, playbook) = try await Self.fleet()
        let apply = ["apply", playbook, "n1", "--yes"] + Self.override
        let answers: [(typed: String, status: Int32, said: String)] = [
            ("n2\n", 1, "Nothing was changed."), ("N1\n", 1, "Nothing was changed."),
            ("y\n", 1, "Nothing was changed."),
            ("yes\n", 1, "Nothing was changed."), ("\n", 1, "Nothing was changed."),
            (TerminalSession.controlD, 1, "Nothing was changed."), (TerminalSession.controlC, 130, "Interrupted."),
        ]
        for answer in answers {
            let session = try fleet.type(apply)
            #expect(try await session.shows(Self.question), "--yes does not answer it: \(session.screen)")
            session.type(answer.typed)
            #expect(try await session.ended() == answer.status, "\(answer.typed): \(session.screen)")
            #expect(session.screen.contains("\r\n\(answer.said)"), "\(answer.typed): \(session.screen)")
        }
        // The name alone does not answer the question after it.
        let asked = try fleet.type(["apply", playbook, "n1"] + Self.override)
        #expect(try await asked.shows(Self.question))
        asked.type("n1\n")
        #expect(try await asked.shows("Change 1 node, rebooting 1? [y/N]"), "\(asked.screen)")
        asked.type("\n")
        #expect(try await asked.ended() == 1, "\(asked.screen)")
        #expect(try await fleet.run(["rollout", "list"]).output.contains("risky") == false, "no roll-out was begun")
        #expect(try await fleet.boots() == ["n1": 1, "n2": 1])

        let agreed = try fleet.type(apply)
        #expect(try await agreed.shows(Self.question))
        agreed.type("n1\n")
        #expect(try await agreed.ended() == 0, "\(agreed.screen)")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 1])
        #expect(try await fleet.expect(0, "audit", "list", "--json").contains("n1:risk-too-high"))
        try await fleet.lab.down()
    }

    /// Each node is agreed to by itself, also where the plan is named by its digest and the option is there.
    @Test(.timeLimit(.minutes(5))) func everyNodeIsAskedFor() async throws {
        let (fleet, playbook) = try await Self.fleet()
        let overrides = Self.override + ["--override", "n2:risk-too-high"]
        let plan = try await fleet.expect(2, ["plan", playbook] + overrides)
        let digest = try #require(plan.split(separator: "\n").last { $0.hasPrefix("plan ") }).dropFirst(5)
        let session = try fleet.type(["apply", "--plan", String(digest), "--yes"] + overrides.dropFirst(2))
        #expect(try await session.shows(Self.question))
        session.type("n1\n")
        #expect(try await session.shows(Self.question + " n1\r\n" + Self.question), "\(session.screen)")
        session.type("n1\n")
        #expect(try await session.ended() == 1, "\(session.screen)")
        #expect(session.screen.contains("Nothing was changed."))
        #expect(try await fleet.boots() == ["n1": 1, "n2": 1])
        try await fleet.lab.down()
    }
}
