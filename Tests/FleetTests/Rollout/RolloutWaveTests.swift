import Fleet
import Testing

@Suite("Roll-out: waves")
struct RolloutWaveTests {
    private let five = ["a", "b", "c", "d", "e"].map { change($0, guests: []) }

    /// The nodes of each wave, by the order of their locks.
    private func waves(_ plans: [NodePlan], _ settings: RolloutSettings) throws -> [[NodeName]] {
        let run = try RolloutFixture(plans, settings)
        let work = run.rollout.nodes.filter { $0.state == .queued }
        return Dictionary(grouping: work, by: \.wave).sorted { $0.key < $1.key }.map { $0.value.map(\.node) }
    }

    @Test func canariesGoAloneThenBatches() throws {
        func settings(_ canaries: Int, _ batch: RolloutSettings.Share) -> RolloutSettings {
            RolloutSettings(canaries: canaries, batch: batch)
        }
        #expect(try waves(five, settings(1, .count(2))).map(\.count) == [1, 2, 2])
        #expect(try waves(five, settings(2, .count(2))).map(\.count) == [2, 2, 1])
        #expect(try waves(five, settings(0, .percent(40))).map(\.count) == [2, 2, 1])
        #expect(try waves(five, settings(0, .percent(1))).map(\.count) == [1, 1, 1, 1, 1])
        #expect(try waves(five, settings(9, .count(2))).map(\.count) == [5])
        #expect(try waves(five, settings(-1, .count(0))).map(\.count) == [1, 1, 1, 1, 1])
        #expect(try waves([], settings(1, .count(2))) == [])
    }

    @Test func aWaveWaitsForTheOneBeforeAndForThePause() throws {
        var run = try RolloutFixture(five, RolloutSettings(canaries: 1, batch: .count(2), pauseSeconds: 30))
        run.handle(.start)
        #expect(run.waiting.map(\.id.node) == [name("a")])
        while !run.waiting.isEmpty { run.finishFirst() }
        let until = run.time.adding(seconds: 30)
        #expect(run.rollout.phase == .pausing(until: until))
        #expect(run.wakes == [until])
        run.handle(.tick)
        #expect(run.waiting.isEmpty, "too early")
        #expect(run.wakes == [until, until], "an early tick orders another one")
        run.time = until
        run.handle(.tick)
        #expect(run.waiting.map(\.id.node) == [name("b"), name("c")])
    }

    @Test func inFlightNodesFinishAndUntouchedOnesAreHeld() throws {
        var run = try RolloutFixture(five, RolloutSettings(canaries: 0, batch: .count(3), pauseSeconds: 0))
        run.handle(.start)
        // a can't be locked, b has been checked and armed and is being written, c is not locked yet.
        let first = run.waiting
        run.handle(.finished(first[1].id, .done))
        let check = try #require(run.waiting.last { $0.id.node == name("b") })
        run.handle(.finished(check.id, .done))
        let arm = try #require(run.waiting.last { $0.id.node == name("b") })
        run.handle(.finished(arm.id, .done))
        run.handle(.finished(first[0].id, failure("node-locked")))
        run.waiting.removeAll { [first[0].id, first[1].id, check.id, arm.id].contains($0.id) }
        run.runToEnd()
        #expect(run.rollout[name("b")]?.state == .ended(.verified))
        #expect(run.rollout[name("c")]?.state == .ended(.held))
        #expect(!run.ordered.contains("c check"))
        #expect(run.rollout[name("d")]?.state == .ended(.held))
    }

    @Test func nodesWithoutWorkAreLeftAlone() throws {
        let plans = [
            NodePlan(node: name("u"), verdict: .unchanged), change("a"), NodePlan(node: name("x"), verdict: .blocked),
        ]
        var run = try RolloutFixture(plans)
        run.handle(.start)
        run.runToEnd()
        #expect(run.rollout[name("u")]?.state == .leftAlone(.unchanged))
        #expect(run.rollout[name("x")]?.state == .leftAlone(.blocked))
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func nothingToDoEndsAtOnce() throws {
        var run = try RolloutFixture([NodePlan(node: name("u"), verdict: .unchanged)])
        #expect(run.handle(.start) == .accepted([]))
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func suspendFinishesWhatIsInFlightAndResumeGoesOn() throws {
        var run = try RolloutFixture(five, RolloutSettings(canaries: 1, batch: .count(2), pauseSeconds: 0))
        run.handle(.start)
        run.handle(.suspend)
        #expect(run.rollout.phase == .draining)
        run.runToEnd()
        #expect(run.rollout.phase == .suspended)
        #expect(run.rollout[name("a")]?.state == .ended(.verified))
        run.handle(.resume)
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func abortHoldsTheRestForGood() throws {
        var run = try RolloutFixture(five, RolloutSettings(canaries: 1, batch: .count(2), pauseSeconds: 5))
        run.handle(.start)
        while !run.waiting.isEmpty { run.finishFirst() }
        run.handle(.abort)
        #expect(run.rollout.phase == .ended(.stopped(.aborted)))
        #expect(run.rollout.nodes.filter { $0.state == .ended(.held) }.count == 4)
        guard case .rejected = run.handle(.resume) else {
            Issue.record("an ended roll-out went on")
            return
        }
    }
}
