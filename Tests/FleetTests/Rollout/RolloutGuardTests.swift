import Fleet
import Testing

@Suite("Roll-out: nodes that put themselves back")
struct RolloutGuardTests {
    private static let report = GuardReport(phase: .reverted, boot: RolloutFixture.boot(3))

    private func run(until step: String, _ settings: RolloutSettings = .init()) throws -> RolloutFixture {
        var run = try RolloutFixture([change("a"), change("b")], settings)
        run.handle(.start)
        while run.waiting.first?.id.step != step { run.finishFirst() }
        return run
    }

    @Test(arguments: ["relock", "prove-boot", "confirm"])
    func whatFailsBeforeTheConfirmationIsPutBack(step: String) throws {
        var run = try run(until: step)
        run.finishFirst(failure("some-failure"))
        let waiting = try #require(run.waiting.first)
        guard case .awaitRevert(let problem, let deadline) = waiting.action else {
            Issue.record("\(waiting)")
            return
        }
        #expect(problem.step == step && problem.error.code == "some-failure")
        #expect(deadline == run.time.adding(seconds: 600 + 600))
        run.finishFirst(.reverted(Self.report))
        #expect(run.waiting.map(\.id.step) == ["unlock"])
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state == .ended(.reverted(problem)))
        #expect(run.rollout[name("a")]?.revert == Self.report)
        #expect(run.rollout[name("b")]?.state == .ended(.held))
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
    }

    @Test func whatFailsAfterTheConfirmationStays() throws {
        var run = try run(until: "set-guest-1")
        run.finishFirst(failure("guest-locked"))
        #expect(run.waiting.map(\.id.step) == ["unlock"])
        run.runToEnd()
        guard case .ended(.failed) = run.rollout[name("a")]?.state else {
            Issue.record("it did not fail")
            return
        }
    }

    @Test func aNodeThatDoesNotReturnMayComeBackAsItWas() throws {
        var run = try run(until: "await-return", RolloutSettings(returnWithinSeconds: 100, confirmWithinSeconds: 40))
        run.time = run.time.adding(seconds: 100)
        run.finishFirst(failure("node-lost"))
        #expect(run.waiting.map(\.id.step) == ["await-revert"])
        guard case .awaitRevert(_, let deadline) = run.waiting.first?.action else { return }
        #expect(deadline == run.time.adding(seconds: 140))
        // A driver that takes over waits for the same.
        run.handle(.resume)
        #expect(run.waiting.map(\.id.step) == ["await-revert"])
        run.finishFirst(.reverted(Self.report))
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state.result?.problem?.error.code == "node-lost")
        #expect(run.rollout[name("a")]?.state.word == "reverted")
    }

    @Test func aNodeThatNeverComesBackIsLost() throws {
        var run = try run(until: "await-return")
        run.finishFirst(failure("node-lost"))
        run.finishFirst(failure("still-lost", contactLost: true))
        guard case .ended(.lost(let problem)) = run.rollout[name("a")]?.state else {
            Issue.record("it is not lost")
            return
        }
        #expect(problem.error.code == "node-lost" && problem.leftLocked)
        #expect(run.rollout.isEnded)
    }

    @Test func aNodeThatCannotPutItselfBackHasFailed() throws {
        var run = try run(until: "prove-boot")
        run.finishFirst(failure("not-proven"))
        run.finishFirst(failure("put-back-failed"))
        #expect(run.waiting.map(\.id.step) == ["unlock"])
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state.word == "failed")
        #expect(run.rollout[name("a")]?.state.result?.problem?.error.code == "not-proven")
    }

    @Test func onlyTheAnswerOfTheConfirmationWasLost() throws {
        var run = try run(until: "confirm")
        run.finishFirst(failure("ssh-silent", contactLost: true))
        #expect(run.waiting.map(\.id.step) == ["recover-confirm"])
        run.finishFirst(.seen(RolloutFixture.boot(2)))
        run.finishFirst(failure("ssh-silent", contactLost: true))
        #expect(run.waiting.map(\.id.step) == ["await-revert"])
        let id = try #require(run.waiting.first?.id)
        for wrong in [Outcome.done, .seen(RolloutFixture.boot(1))] {
            guard case .rejected = run.handle(.finished(id, wrong)) else {
                Issue.record("\(wrong) was believed")
                return
            }
        }
        run.finishFirst(.seen(RolloutFixture.boot(2)))
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func aLockThatStaysDoesNotHideTheRevert() throws {
        var run = try run(until: "prove-boot")
        run.finishFirst(failure("not-proven"))
        run.finishFirst()
        run.finishFirst(failure("node-busy"))
        guard case .ended(.reverted(let problem)) = run.rollout[name("a")]?.state else {
            Issue.record("it is not reverted")
            return
        }
        #expect(problem.leftLocked && problem.error.code == "not-proven")
    }

    @Test func withoutAGuardNothingIsArmed() throws {
        var run = try RolloutFixture([change("a")], RolloutSettings(confirmWithinSeconds: nil))
        run.handle(.start)
        run.runToEnd()
        #expect(!run.ordered.contains("a arm") && !run.ordered.contains("a confirm"))
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func aNodeHeldWhileItIsArmedIsUntouched() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "arm" { run.finishFirst() }
        run.handle(.abort)
        run.finishFirst()
        #expect(run.waiting.map(\.id.step) == ["unlock"])
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state == .ended(.held))
    }
}
