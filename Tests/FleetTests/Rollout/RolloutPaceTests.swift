import Testing

@testable import Fleet

@Suite("Roll-out: time left")
struct RolloutPaceTests {
    private func plans(_ count: Int) -> [NodePlan] { (1...count).map { change("n\($0)", guests: []) } }

    /// Lets what is under way succeed after so many seconds.
    private func pass(_ seconds: Int, _ run: inout RolloutFixture) {
        run.time = run.time.adding(seconds: seconds)
        let nodes = Set(run.waiting.map(\.id.node))
        while let effect = run.waiting.first(where: { nodes.contains($0.id.node) }) {
            run.waiting.removeAll { $0.id == effect.id }
            run.handle(.finished(effect.id, RolloutFixture.success(effect)))
        }
    }

    @Test func nothingIsKnownBeforeOneIsDone() throws {
        var run = try RolloutFixture(
            plans(5), RolloutSettings(canaries: 1, maxUnavailable: .count(2), pauseSeconds: 60))
        #expect(run.rollout.secondsLeft(at: run.time) == nil)
        run.handle(.start)
        #expect(run.rollout.secondsLeft(at: run.time) == nil)
        pass(100, &run)
        #expect(run.rollout.secondsLeft(at: run.time) == 60 + 2 * 100, "a pause, and two pairs")
        let earlier = RolloutPace(of: [run.rollout])
        let other = try RolloutFixture(plans(3), RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        #expect(other.rollout.secondsLeft(at: other.time, earlier: earlier) == 300, "learned from an earlier one")
        #expect(other.rollout.secondsLeft(at: other.time) == nil)
    }

    @Test func whatIsUnderWayCountsFromItsBegin() throws {
        var run = try RolloutFixture(plans(3), RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        pass(100, &run)
        #expect(run.rollout.secondsLeft(at: run.time.adding(seconds: 30)) == 170)
        #expect(run.rollout.secondsLeft(at: run.time.adding(seconds: 500)) == 100, "the one under way is late")
        run.handle(.suspend)
        #expect(run.rollout.secondsLeft(at: run.time) == 200, "as if it were resumed")
    }

    @Test func otherKindsOfNodesTellNothing() throws {
        let plans = [change("a", guests: []), change("b", reboot: false, guests: [])]
        var run = try RolloutFixture(plans, RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        pass(100, &run)
        #expect(run.rollout.secondsLeft(at: run.time) == nil, "b is not rebooted")
    }

    @Test func whatStopsHasOnlyWhatIsUnderWay() throws {
        var run = try RolloutFixture(plans(6), RolloutSettings(canaries: 0, batch: .count(2), pauseSeconds: 0))
        run.handle(.start)
        pass(100, &run)
        run.handle(.abort)
        #expect(run.rollout.secondsLeft(at: run.time) == 100)
        pass(100, &run)
        #expect(run.rollout.isEnded && run.rollout.secondsLeft(at: run.time) == nil)
    }

    @Test func closedWindowsAreCounted() throws {
        let settings = RolloutSettings(
            canaries: 0, maxUnavailable: .count(1), pauseSeconds: 0, windows: [window("daily 22:00-23:00")])
        var run = try RolloutFixture(plans(5), settings)
        run.time = utc("2026-05-02T22:00:00Z")
        run.handle(.start)
        pass(600, &run)
        // 22:10 and 22:20 are left today; the others begin at 22:00 tomorrow.
        #expect(run.rollout.secondsLeft(at: run.time) == 24 * 3600 - 600 + 2 * 600)
    }

    @Test func aLongRestIsToldFromItsBeginning() throws {
        var run = try RolloutFixture(plans(3000), RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        pass(100, &run)
        #expect(run.rollout.secondsLeft(at: run.time) == 2999 * 100)
    }

    @Test func theMedianCounts() throws {
        var run = try RolloutFixture(plans(5), RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        for seconds in [90, 100, 9000] { pass(seconds, &run) }
        #expect(run.rollout.secondsLeft(at: run.time) == 200)
    }

    /// Times that make no sense (a clock that was put back) tell nothing, and nothing traps.
    @Test func clocksThatGoBackTellNothing() throws {
        var run = try RolloutFixture(plans(2), RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        pass(-100, &run)
        #expect(run.rollout.secondsLeft(at: run.time) == nil)
        for end in [Int64.min, .max] {
            _ = run.rollout.secondsLeft(at: Timestamp(milliseconds: end), earlier: RolloutPace(of: [run.rollout]))
        }
    }
}
