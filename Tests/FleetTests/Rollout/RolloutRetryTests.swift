import Testing

@testable import Fleet

@Suite("Roll-out: taking nodes up again")
struct RolloutRetryTests {
    private let four = ["a", "b", "c", "d"].map { change($0, guests: []) }

    /// Without a guard, what fails half done stays so.
    private func run(budget: Int = 1, batch: Int = 1, pause: Int = 0, confirm: Int? = nil) throws -> RolloutFixture {
        var run = try RolloutFixture(
            four,
            RolloutSettings(
                canaries: 0, batch: .count(batch), pauseSeconds: pause, failureBudget: budget,
                confirmWithinSeconds: confirm))
        run.handle(.start)
        return run
    }

    /// Lets the effects of the first node that waits go on until `step`, which fails.
    private func fail(at step: String, _ run: inout RolloutFixture) {
        while let effect = run.waiting.first, effect.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.finishFirst()
    }

    private func state(_ node: String, _ run: RolloutFixture) -> NodeState? { run.rollout[name(node)]?.state }

    @Test func itBeginsAgainWithTheWaveUnderWay() throws {
        var run = try run()
        fail(at: "rebuild-1", &run)
        #expect(state("a", run)?.word == "failed" && run.waiting.map(\.id.node) == [name("b")])
        run.handle(.retry(name("a")))
        #expect(state("a", run) == .queued && run.rollout[name("a")]?.tries == 2)
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
        #expect(run.ordered.filter { $0 == "a check" || $0 == "a reboot" } == ["a check", "a check", "a reboot"])
        let order = run.ordered.filter { $0.hasSuffix(" lock") }
        #expect(order == ["a lock", "b lock", "a lock", "c lock", "d lock"])
    }

    @Test func whatIsHalfDoneMayBeThere() throws {
        var run = try run()
        fail(at: "rebuild-1", &run)
        run.handle(.retry(name("a")))
        while run.waiting.first?.id.step != "check" || run.waiting.first?.id.node != name("a") { run.finishFirst() }
        let check = try #require(run.waiting.first)
        #expect(check.action == .checkAgain && check.id.tryNumber == 2)
        #expect(check.id.description == "r1/a/try-2/check/1")
        // What came of the first try is not taken for the second.
        var first = check.id
        first.tryNumber = nil
        guard case .rejected = run.handle(.finished(first, .done)) else {
            Issue.record("an answer of the first try was taken")
            return
        }
    }

    @Test func oneThatIsBackAsItWasIsCheckedAsNew() throws {
        var run = try run(confirm: 600)
        while run.waiting.first?.id.step != "prove-boot" { run.finishFirst() }
        run.finishFirst(failure())
        run.finishFirst()
        run.finishFirst()
        #expect(state("a", run)?.word == "reverted")
        run.handle(.retry(name("a")))
        #expect(run.rollout[name("a")]?.revert == nil)
        while run.waiting.first?.id.node != name("a") { run.finishFirst() }
        run.finishFirst()
        #expect(run.waiting.first?.action == .check)
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    /// Ends the effect that this node waits for.
    private func answer(_ node: String, _ outcome: Outcome? = nil, _ run: inout RolloutFixture) {
        guard let index = run.waiting.firstIndex(where: { $0.id.node == name(node) }) else {
            Issue.record("\(node) waits for nothing")
            return
        }
        let effect = run.waiting.remove(at: index)
        run.handle(.finished(effect.id, outcome ?? RolloutFixture.success(effect)))
    }

    @Test func itCanFailAgainAndThatCounts() throws {
        var run = try run(budget: 1, batch: 4)
        answer("a", nil, &run)
        answer("a", failure(), &run)
        answer("a", nil, &run)
        run.handle(.retry(name("a")))
        answer("a", failure("node-locked"), &run)
        answer("a", nil, &run)
        #expect(state("a", run)?.result?.problem?.step == "lock" && run.rollout.phase == .running)
        answer("b", failure(), &run)
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("b")))))
    }

    /// Nothing was done in its second try, so it is as the first one left it.
    @Test func whatIsNotBegunAgainIsAsItWas() throws {
        for end in [RolloutEvent.Kind.abort, .skip(name("a"))] {
            var run = try run()
            fail(at: "rebuild-1", &run)
            let failed = try #require(run.rollout[name("a")]).state
            run.handle(.retry(name("a")))
            run.handle(end)
            run.runToEnd()
            #expect(state("a", run) == failed, "\(end)")
            #expect(run.rollout[name("a")]?.bootBefore == nil)
        }
    }

    @Test func skippingItAgainMaySpendTheBudget() throws {
        var run = try run(budget: 1)
        fail(at: "check", &run)
        run.handle(.retry(name("a")))
        answer("b", failure(), &run)
        #expect(run.rollout.phase == .running, "one of four")
        run.handle(.skip(name("a")))
        #expect(run.rollout.phase == .stopping(.failure(of: name("a"))), "a counts again, so two")
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
        #expect(state("a", run)?.word == "failed" && state("c", run) == .ended(.held))
    }

    @Test func aSkippedNodeIsTakenUpAfterAll() throws {
        var run = try run()
        run.handle(.skip(name("c")))
        run.handle(.retry(name("c")))
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed) && state("c", run) == .ended(.verified))
    }

    @Test func itWorksBetweenWavesAndWhileSuspended() throws {
        var run = try run(pause: 600)
        fail(at: "write", &run)
        guard case .pausing = run.rollout.phase else {
            Issue.record("\(run.rollout.phase)")
            return
        }
        run.handle(.retry(name("a")))
        run.handle(.suspend)
        #expect(run.rollout.phase == .suspended)
        run.handle(.resume)
        #expect(run.waiting.map(\.id.node) == [name("a")], "first in the order of the plan")
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func onlyWhatEndedBadlyIsTakenUp() throws {
        var run = try run()
        func refuses(_ node: String) -> Bool {
            guard case .rejected = run.handle(.retry(name(node))) else { return false }
            return true
        }
        #expect(refuses("a") && refuses("b") && refuses("x"), "under way, queued, unknown")
        fail(at: "check", &run)
        fail(at: "check", &run)
        #expect(run.rollout.isEnded && refuses("a"), "it has ended")
    }

    @Test func nothingIsTakenUpWhileItStops() throws {
        var run = try run(budget: 0, batch: 2)
        answer("a", failure(), &run)
        answer("a", nil, &run)
        guard case .stopping = run.rollout.phase else {
            Issue.record("\(run.rollout.phase)")
            return
        }
        guard case .rejected = run.handle(.retry(name("a"))) else {
            Issue.record("taken up while it stops")
            return
        }
    }
}
