import Fleet
import Forms
import Store
import Testing

@testable import Web

@Suite struct TallyTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)

    private func rollout() throws -> Rollout {
        let nodes = try ["n1", "n2", "n3"].map { name in
            let change = FileChange(path: "/etc/modules", before: nil, after: Array("vfio\n".utf8))
            return FleetPlan.Entry(
                plan: NodePlan(
                    node: try #require(NodeName(name)), verdict: .change, files: [change],
                    commands: [.updateGrub, .updateInitramfs]), settings: NodeSettings(), facts: nil)
        }
        let plan = FleetPlan(purpose: .apply, playbook: Playbook(name: "gpu"), nodes: nodes)
        return Rollout(id: try #require(RolloutID("r1")), of: plan, digest: .sha256([1]))
    }

    private func effects(_ transition: Rollout.Transition) -> [NodeEffect] {
        guard case .accepted(let effects) = transition else { return [] }
        return effects.compactMap { if case .node(let effect) = $0 { effect } else { nil } }
    }

    /// Fails the first node at its first step, and what is to be tidied up after it.
    private func stopped() throws -> Rollout {
        var rollout = try rollout()
        var next = effects(rollout.handle(RolloutEvent(at: now, .start)))
        for _ in 0..<10 where !next.isEmpty {
            let failure = Outcome.Failure(FleetError("lock-held", "Somebody holds its lock."))
            next = next.flatMap { effects(rollout.handle(RolloutEvent(at: now, .finished($0.id, .failed(failure))))) }
        }
        return rollout
    }

    @Test func aStoppedRolloutIsNotDone() throws {
        let rollout = try stopped()
        try #require(rollout.isEnded)
        let tally = Tally(rollout.nodes)
        #expect(tally.words == "0 of 3 verified; 2 held, nothing was done; 1 failed")
        let bar = tally.markup.text
        #expect(bar.contains("fill held") && bar.contains("fill bad") && !bar.contains("fill good"), "\(bar)")
    }

    @Test func nodesThatAreUnderWayAreCountedApart() throws {
        var rollout = try rollout()
        _ = rollout.handle(RolloutEvent(at: now, .start))
        #expect(Tally(rollout.nodes).words == "0 of 3 verified; 1 under way; 2 queued")
    }

    @Test func theLogSaysWhatAStepDoes() throws {
        let run = try #require(try rollout().nodes.first)
        let id = EffectID(rollout: try #require(RolloutID("r1")), node: run.node, step: "rebuild-2", attempt: 1)
        let done = RolloutEvent.Kind.finished(id, .done)
        #expect(done.sentence(of: run.work) == "n1: running update-initramfs -u -k all: done")
        let failed = RolloutEvent.Kind.finished(id, .failed(.init(FleetError("x", "No."))))
        #expect(failed.sentence(of: run.work) == "n1: running update-initramfs -u -k all: failed: No. [x]")
        #expect(RolloutEvent.Kind.start.sentence(of: nil) == "started")
    }

    /// A step without words would be shown by its name.
    @Test func everyStepHasWords() throws {
        let work = try #require(try rollout().nodes.first).work
        for name in [
            "lock", "check", "arm", "hold-cluster", "note-guests", "evacuate-1", "write", "rebuild-1", "prove-disk",
            "reboot", "await-return", "relock", "prove-boot", "confirm", "await-revert", "read-back", "release-cluster",
            "await-home", "return-1", "unlock", "recover-write", "recover-rebuild-1",
        ] {
            #expect(work.phrase(ofStep: name) != name && work.phrase(ofStep: name).contains(" ") || name == "reboot")
        }
    }
}
