import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Commands that a running controller carries out, held against the same commands working alone.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct ControllerJobTests {
    private let fleet: SimulatedFleet
    private let store: Store
    private let playbook: String
    private var socket: String { fleet.database + ".sock" }

    private static let text = """
        playbook: gpu
        devices: [{name: gpu, at: "01:00"}]
        rollout: {canary: 1, batch: 1, pause: 0s, return-within: 60s}
        """

    init() async throws {
        fleet = try await SimulatedFleet.start(["n1", "n2", "n3"], of: "intel-z390-rtx2070", rebootSeconds: 0.5)
        store = try Store.open(path: fleet.database)
        playbook = try fleet.folder.write(Self.text, to: "gpu.yaml")
    }

    /// Returns once commands can reach it.
    private func serve() async throws -> RunningProgram {
        let config = try fleet.folder.write("schedules: {}\n", to: "vfiofleet.yaml")
        let serve = try fleet.start(["serve", "--config", config])
        #expect(try await serve.waits { try await fleet.run(["rollout", "list", "--socket", socket]).status == 0 })
        return serve
    }

    private func rollout() async throws -> Rollout? { try await store.rollouts().first?.rollout }

    /// Without what differs between any two runs.
    private static func plain(_ text: String) -> String {
        text.replacing(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/, with: "TIME").replacing(/"sweep" : \d+/, with: "SWEEP")
            .replacing(/\d{8}-\d{6}-[0-9a-f]{4}/, with: "ROLLOUT").replacing(
                /The controller reaches nodes[^\n]*\n/, with: ""
            )
            .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "BOOT")
    }

    @Test(.timeLimit(.minutes(4))) func commandsAnswerAsWhenWorkingAlone() async throws {
        let serve = try await serve()
        let bad = try fleet.folder.write("playbook: x\ndevcies: []\nrollout: {batch: no}\n", to: "bad.yaml")
        let other = try fleet.folder.write(Self.text + "\nnodes: n1,nobody,noone\n", to: "other.yaml")
        let commands: [[String]] = [
            ["detect"], ["detect", "n[1-2]", "--json"], ["detect", "n1,nobody,noone"], ["plan", playbook, "--json"],
            ["plan", playbook, "n1", "--stored"], ["plan", playbook, "--max-risk", "0"], ["plan", bad],
            ["plan", other],
            ["plan", playbook, "--override", "n9:device-used-by-host"], ["verify", playbook],
            ["verify", playbook, "n2", "--json"], ["apply", playbook], ["apply", "--plan", "ffff", "--yes"],
            ["apply", "--plan", "x", "--yes"], ["rollout", "show"], ["rollout", "show", "nope!"],
            ["rollout", "suspend", "nope"],
            ["rollout", "list", "--json"], ["rollout", "skip", "n1", "--rollout", "nope"], ["rollout", "requests"],
            ["proposal", "list", "--all", "--json"], ["proposal", "show", "9"], ["proposal", "reject", "9"],
        ]
        try await fleet.expect(0, "detect")
        var statuses: Set<Int32> = []
        for command in commands {
            let alone = try await fleet.run(command + ["--local"])
            let through = try await fleet.run(command + ["--socket", socket])
            #expect(alone.status == through.status, "\(command): \(alone.transcript)\(through.transcript)")
            #expect(Self.plain(alone.output) == Self.plain(through.output), "\(command)")
            let lines = [alone, through].map { Self.plain($0.error).split(separator: "\n").sorted() }
            #expect(lines[0] == lines[1], "\(command)")
            statuses.insert(alone.status)
        }
        #expect(statuses == [0, 1, 2], "all kinds of ends were seen")
        serve.send(SIGTERM)
        #expect(try await serve.result().status == 130)
        #expect(!FileManager.default.fileExists(atPath: socket), "its socket goes with it")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(4))) func aRolloutThroughTheControllerShowsTheSame() async throws {
        let serve = try await serve()
        let through = try await fleet.run(["apply", playbook, "n1", "--yes"])
        let alone = try await fleet.run(["apply", playbook, "n2", "--yes", "--local"])
        #expect(through.status == 0 && alone.status == 0, "\(through.transcript)\(alone.transcript)")
        func told(_ result: Program.Result, _ node: String) -> [String] {
            (Self.plain(result.error) + result.output.replacing(/rollout [^:]*:/, with: "ROLLOUT:"))
                .replacing(node, with: "NODE").replacing(/[0-9a-f]{64}/, with: "DIGEST").split(separator: "\n")
                // When the command begins to watch, the first lock may be there already.
                .filter { !$0.contains("taking the node's lock") }.map(String.init)
        }
        #expect(told(through, "n1") == told(alone, "n2"))
        #expect(told(through, "n1").contains("NODE: verified by a fresh look"), "\(through.transcript)")
        let holders = try await store.auditLog().filter {
            $0.action == "lease-take" && $0.subject.hasPrefix("rollout/")
        }
        #expect(holders.map { $0.actor.contains(" through the service, process ") } == [true, false])
        #expect(
            try await Set(store.rollouts().map(\.createdBy)).count == 1, "a local user is called the same both ways")
        for command in [["rollout", "show", "--json"], ["rollout", "show", "--journal"], ["rollout", "list"]] {
            let (a, b) = (
                try await fleet.run(command + ["--local"]), try await fleet.run(command + ["--socket", socket])
            )
            #expect(a.output == b.output && a.status == b.status, "\(command)")
        }
        serve.send(SIGTERM)
        _ = try await serve.result()
        try await fleet.expect(0, "audit", "verify")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(4))) func ctrlCSuspendsAndLeavesTheRestToTheController() async throws {
        let serve = try await serve()
        var apply = try fleet.start(["apply", playbook, "--yes"])
        #expect(try await apply.waits { try await rollout()?.nodes.first?.state.step?.name == "write" })
        apply.send(SIGINT)
        let once = try await apply.result()
        #expect(once.status == 130 && once.error.contains("Finishing what is in flight"), "\(once.transcript)")
        #expect(once.output.contains("2 queued: n[2-3]\n1 verified: n1\n"), "\(once.transcript)")
        #expect(try await rollout()?.phase == .suspended)

        // Twice: the command leaves, the controller brings the node to its end.
        apply = try fleet.start(["rollout", "resume"])
        #expect(try await apply.waits { try await rollout()?.nodes[1].state.step?.name == "await-return" })
        apply.send(SIGINT)
        #expect(try await apply.waits { try await rollout()?.phase == .draining })
        // What comes within half a second is the same signal.
        try await Task.sleep(for: .milliseconds(600))
        apply.send(SIGINT)
        let twice = try await apply.result(within: .seconds(20))
        #expect(twice.status == 130 && twice.error.contains("Left. The controller goes on"), "\(twice.transcript)")
        #expect(try await serve.waits { try await rollout()?.phase == .suspended })
        #expect(try await rollout()?.nodes[1].state.result == .verified)

        // A terminal that is closed ends nothing, and another one stops it.
        apply = try fleet.start(["rollout", "resume"])
        #expect(try await apply.waits { try await rollout()?.nodes[2].state.step?.name == "write" })
        apply.send(SIGHUP)
        #expect(try await apply.result(within: .seconds(20)).status == 130)
        let again = try await fleet.run(["rollout", "resume"])
        #expect(again.status == 1 && again.error.contains("[lease-held]"), "\(again.transcript)")
        let abort = try await fleet.run(["rollout", "abort"])
        #expect(abort.status == 0 && abort.output.contains("3 verified: n[1-3]\n"), "\(abort.transcript)")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 2])
        serve.send(SIGTERM)
        _ = try await serve.result()
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(4))) func aKilledControllerGoesOnWhenItIsStartedAgain() async throws {
        var serve = try await serve()
        let apply = try fleet.start(["apply", playbook, "--yes"])
        #expect(try await apply.waits { try await rollout()?.nodes.first?.state.step?.name == "await-return" })
        serve.send(SIGKILL)
        let left = try await apply.result(within: .seconds(20))
        #expect(left.status == 1 && left.error.contains("[controller-gone]"), "\(left.transcript)")
        #expect(left.error.contains("vfiofleet rollout resume"), "\(left.transcript)")
        // Its socket is still there, and nobody listens: commands work alone, and say so when asked.
        let alone = try await fleet.run(["rollout", "show", "--verbose"])
        #expect(alone.status == 0 && alone.error.contains("No controller listens at"), "\(alone.transcript)")
        #expect(try await !fleet.run(["rollout", "show"]).error.contains("controller"))
        let strict = try await fleet.run(["rollout", "show", "--socket", socket])
        #expect(strict.status == 1 && strict.error.contains("[controller-not-there]"), "\(strict.transcript)")

        serve = try await self.serve()
        #expect(try await serve.waits { try await rollout()?.isEnded == true })
        #expect(try await rollout()?.phase == .ended(.completed))
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 2])
        try await fleet.expect(0, "verify", playbook, "--socket", socket)
        serve.send(SIGTERM)
        _ = try await serve.result()
        try await fleet.expect(0, "audit", "verify")
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func aControllerThatIsStoppedParksWhatItDrives() async throws {
        let serve = try await serve()
        let apply = try fleet.start(["apply", playbook, "n[1-2]", "--yes"])
        #expect(try await apply.waits { try await rollout()?.nodes.first?.state.step?.name == "write" })
        serve.send(SIGTERM)
        let left = try await apply.result(within: .seconds(30))
        #expect(left.status == 1 && left.error.contains("[controller-gone]"), "\(left.transcript)")
        #expect(try await serve.result().status == 130)
        #expect(try await rollout()?.phase == .suspended)
        #expect(try await rollout()?.nodes.first?.state.result == .verified)
        try await fleet.expect(0, "rollout", "resume")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 1])
        try await fleet.lab.down()
    }
}
