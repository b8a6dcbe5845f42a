import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Ctrl-C during a roll-out, and what can be done after it: going on, or giving it up.
@Suite(.serialized, .enabled(if: SimulatedFleet.obstacle == nil, "\(SimulatedFleet.obstacle ?? "")"))
struct InterruptTests {
    private static func playbook(pause: String) -> String {
        """
        playbook: interrupted
        devices: [{name: gpu, at: "01:00"}]
        rollout: {canary: 1, batch: 1, pause: \(pause), return-within: 60s}
        """
    }

    /// Three nodes of one kind, the roll-out of them begun in the background.
    private static func begin(pause: String = "0s") async throws -> (SimulatedFleet, Store, RunningProgram) {
        let fleet = try await SimulatedFleet.start(
            ["n1", "n2", "n3"], of: "intel-z390-rtx2070", rebootSeconds: 1)
        let playbook = try fleet.folder.write(Self.playbook(pause: pause), to: "p.yaml")
        return (fleet, try Store.open(path: fleet.database), try fleet.start(["apply", playbook, "--yes"]))
    }

    private static func rollout(_ store: Store) async throws -> Rollout? { try await store.rollouts().first?.rollout }

    @Test(.timeLimit(.minutes(3))) func theFirstFinishesTheNodeUnderWay() async throws {
        let (fleet, store, apply) = try await Self.begin()
        #expect(try await apply.waits { try await Self.rollout(store)?.nodes.first?.state.step?.name == "write" })
        apply.send(SIGINT)
        let result = try await apply.result()
        #expect(result.status == 130, "\(result.transcript)")
        #expect(result.error.contains("Finishing what is in flight"), "\(result.transcript)")
        #expect(result.output.contains("2 queued: n[2-3]\n1 verified: n1\n"), "\(result.transcript)")
        let rollout = try #require(try await Self.rollout(store))
        #expect(rollout.phase == .suspended)
        #expect(result.error.contains("vfiofleet rollout resume \(rollout.id)"), "\(result.transcript)")

        let shown = try await fleet.expect(0, "rollout", "show", "--json")
        #expect(shown.contains(#""state" : "suspended""#) && shown.contains(#""isEnded" : false"#))
        try await fleet.expect(0, "rollout", "resume")
        #expect(try await Self.rollout(store)?.phase == .ended(.completed))
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 2])
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func anotherTerminalSkipsSuspendsAndAborts() async throws {
        let (fleet, store, apply) = try await Self.begin()
        #expect(try await apply.waits { try await Self.rollout(store)?.nodes.first?.state.step?.name == "write" })
        let skip = try await fleet.run(["rollout", "skip", "n[1,3]"])
        #expect(skip.status == 1 && skip.output == "to be skipped: n3\n", "\(skip.transcript)")
        #expect(skip.error.contains("n1: not skipped"), "\(skip.transcript)")

        let suspend = try await fleet.run(["rollout", "suspend"])
        #expect(suspend.status == 0, "\(suspend.transcript)")
        #expect(suspend.output.contains("1 queued: n2\n1 skipped: n3\n1 verified: n1\n"), "\(suspend.transcript)")
        #expect(try await apply.result().status == 130)
        let again = try await fleet.run(["rollout", "suspend"])
        #expect(again.status == 0 && again.error.contains("Nobody drives"), "\(again.transcript)")

        let resume = try fleet.start(["rollout", "resume"])
        #expect(try await resume.waits { try await Self.rollout(store)?.nodes[1].state.step?.name == "write" })
        let abort = try await fleet.run(["rollout", "abort"])
        #expect(abort.status == 0 && abort.output.contains("2 verified: n[1-2]\n"), "\(abort.transcript)")
        #expect(try await resume.result().status == 1, "n3 is not as the plan wants it")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 1])
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func theSecondLeavesAtOnceAndNothingIsLost() async throws {
        let (fleet, store, apply) = try await Self.begin()
        #expect(
            try await apply.waits { try await Self.rollout(store)?.nodes.first?.state.step?.name == "await-return" })
        apply.send(SIGINT)
        // As `timeout` does: one more that comes at once is no second one.
        apply.send(SIGTERM)
        #expect(try await apply.waits { try await Self.rollout(store)?.phase == .draining })
        try await Task.sleep(for: .milliseconds(600))
        apply.send(SIGTERM)
        let result = try await apply.result(within: .seconds(20))
        #expect(result.status == 130, "\(result.transcript)")
        #expect(result.error.contains("Left. What is under way on the nodes goes on"), "\(result.transcript)")
        try await fleet.expect(0, "rollout", "resume")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 2])
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func anInterruptedRolloutCanBeGivenUp() async throws {
        let (fleet, store, apply) = try await Self.begin(pause: "10m")
        #expect(
            try await apply.waits {
                if case .pausing = try await Self.rollout(store)?.phase { true } else { false }
            })
        apply.send(SIGINT)
        #expect(try await apply.result().status == 130)

        let aborted = try await fleet.run(["rollout", "abort"])
        #expect(aborted.status == 0, "\(aborted.transcript)")
        #expect(aborted.output.hasPrefix("2 held: n[2-3]\n1 verified: n1\n"), "\(aborted.transcript)")
        #expect(aborted.output.hasSuffix(": aborted\n"), "\(aborted.transcript)")
        #expect(aborted.error.contains("What was done to n1 stays."), "\(aborted.transcript)")
        for node in ["n1", "n2", "n3"] {
            #expect(try await fleet.shell(node, "ls /var/lib/vfiofleet/lock 2>/dev/null").isEmpty, "\(node)")
        }
        #expect(try await fleet.boots() == ["n1": 2, "n2": 1, "n3": 1])

        let events = try await store.rollouts().first?.lastEvent
        for verb in ["abort", "resume"] {
            let again = try await fleet.run(["rollout", verb])
            #expect(again.error.contains("has ended already"), "\(again.transcript)")
            #expect(again.status == (verb == "abort" ? 0 : 1), "\(again.transcript)")
        }
        #expect(try await store.rollouts().first?.lastEvent == events)

        // The held nodes are free for another roll-out, and the changed one needs nothing more.
        try await fleet.expect(0, "apply", fleet.folder.path + "/p.yaml", "n[1-2]", "--yes")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 2, "n3": 1])
        try await fleet.lab.down()
    }

    @Test(.timeLimit(.minutes(3))) func aNodeInMidStepIsBroughtToItsEnd() async throws {
        let (fleet, store, apply) = try await Self.begin()
        #expect(try await apply.waits { try await Self.rollout(store)?.nodes.first?.state.step?.name == "rebuild-1" })
        apply.send(SIGKILL)
        _ = try await apply.result()
        #expect(try await fleet.expect(0, "rollout", "show").contains("nobody drives it at this moment"))
        #expect(try await fleet.expect(0, "rollout", "list").contains("; nobody drives it"))
        let aborted = try await fleet.run(["rollout", "abort"])
        #expect(aborted.status == 0, "\(aborted.transcript)")
        #expect(aborted.output.hasPrefix("2 held: n[2-3]\n1 verified: n1\n"), "\(aborted.transcript)")
        #expect(try await fleet.boots() == ["n1": 2, "n2": 1, "n3": 1])
        let journal = try await store.journal(of: try #require(try await Self.rollout(store)).id)
        #expect(!journal.contains { $0.event.kind.isAboutAnotherNode }, "no other node was touched")
        try await fleet.lab.down()
    }
}

extension RolloutEvent.Kind {
    fileprivate var isAboutAnotherNode: Bool {
        if case .finished(let effect, _) = self { effect.node.description != "n1" } else { false }
    }
}
