import Foundation
import Testing

@testable import Fleet

@Suite("Roll-out: maintenance windows")
struct RolloutHoursTests {
    private let three = ["a", "b", "c"].map { change($0, guests: []) }
    private let open = utc("2026-05-02T22:00:00Z")

    /// 5 + 10 + 10 + 10 minutes for a node that is rebooted.
    private func run(_ plans: [NodePlan]? = nil, windows: [String] = ["Sat 22:00-23:00"]) throws -> RolloutFixture {
        let settings = RolloutSettings(
            canaries: 0, maxUnavailable: .count(1), pauseSeconds: 0, failureBudget: 1,
            windows: windows.map { window($0) })
        var run = try RolloutFixture(plans ?? three, settings)
        run.time = open.adding(seconds: -3600)
        return run
    }

    private func active(_ run: RolloutFixture) -> [String] {
        run.rollout.nodes.filter { $0.state.step != nil }.map(\.node.description)
    }

    private func finishOne(_ run: inout RolloutFixture) {
        guard let node = run.waiting.first?.id.node else { return }
        while run.waiting.first?.id.node == node { run.finishFirst() }
    }

    @Test func nothingBeginsBeforeTheWindowOpens() throws {
        var run = try run()
        run.handle(.start)
        #expect(run.rollout.phase == .waiting(until: open) && run.wakes == [open] && active(run).isEmpty)
        run.time = open.adding(seconds: -1)
        run.handle(.tick)
        #expect(run.rollout.phase == .waiting(until: open) && run.wakes == [open, open], "a tick that comes early")
        run.time = open
        run.handle(.tick)
        #expect(active(run) == ["a"])
    }

    @Test func nothingBeginsThatCouldNotEnd() throws {
        var run = try run()
        run.time = open.adding(seconds: 25 * 60)
        run.handle(.start)
        #expect(active(run) == ["a"], "35 minutes are left")
        run.time = run.time.adding(seconds: 1)
        finishOne(&run)
        let next = open.adding(seconds: 7 * 86_400)
        #expect(run.rollout.phase == .waiting(until: next))
    }

    @Test func whatNeedsLessTimeMayGoLater() throws {
        var run = try run([change("a", guests: []), change("b", reboot: false, guests: [])])
        run.time = open.adding(seconds: 30 * 60)
        run.handle(.start)
        #expect(active(run) == ["b"])
    }

    @Test func nodesUnderWayFinishAfterTheWindow() throws {
        var run = try run()
        run.time = open
        run.handle(.start)
        run.time = open.adding(seconds: 5 * 3600)
        run.handle(.resume)
        #expect(active(run) == ["a"])
        finishOne(&run)
        #expect(run.rollout[name("a")]?.state == .ended(.verified))
        #expect(run.rollout.phase == .waiting(until: open.adding(seconds: 7 * 86_400)))
    }

    @Test func aClockThatJumpsBeginsNothingOutside() throws {
        var run = try run()
        run.handle(.start)
        run.time = open.adding(seconds: 3 * 3600)
        run.handle(.tick)
        #expect(run.rollout.phase == .waiting(until: open.adding(seconds: 7 * 86_400)), "it jumped over the window")
        run.time = open.adding(seconds: -60)
        run.handle(.resume)
        #expect(run.rollout.phase == .waiting(until: open), "it was put back, and a driver took over")
    }

    @Test func aWaitCanBeSuspendedResumedAndAborted() throws {
        var run = try run()
        run.handle(.start)
        run.handle(.suspend)
        #expect(run.rollout.phase == .suspended)
        run.handle(.resume)
        #expect(run.rollout.phase == .waiting(until: open))
        for node in three { run.handle(.skip(node.node)) }
        #expect(run.rollout.phase == .ended(.completed))
        var other = try self.run()
        other.handle(.start)
        other.handle(.abort)
        #expect(other.rollout.phase == .ended(.stopped(.aborted)) && active(other).isEmpty)
    }

    @Test func aWindowThatIsTooShortIsFound() throws {
        let short = try run(windows: ["Sat 22:00-22:34"]).rollout
        #expect(short.withoutOpening(from: open) == three.map(\.node))
        #expect(try run(windows: ["Sat 22:00-22:35"]).rollout.withoutOpening(from: open).isEmpty)
        #expect(try run(windows: ["Sat 22:00-23:00 Mars/Base"]).rollout.withoutOpening(from: open).count == 3)
        #expect(RolloutSettings(confirmWithinSeconds: nil).longestSeconds(reboots: true) == 900)
    }

    /// Emptying a node has no deadline: what nodes took so far counts too.
    @Test func nothingBeginsThatWouldMostlyTakeTooLong() throws {
        var run = try run()
        run.time = open
        run.handle(.start)
        while run.waiting.first?.id.step != "unlock" { run.finishFirst() }
        run.time = open.adding(seconds: 45 * 60)
        run.handle(.abort)
        run.finishFirst()
        let proven = run.rollout
        #expect(RolloutPace(of: [proven]).seconds(reboots: true) == 45 * 60)
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        let plan = FleetPlan(
            purpose: .apply, playbook: Playbook(name: "gpu", rollout: proven.settings),
            nodes: three.map { .init(plan: $0, settings: NodeSettings(), facts: nil) })
        let id = try #require(RolloutID("r2"))
        // 35 minutes are needed by the deadlines, and 45 as it was so far.
        for (minutes, begins) in [(15, true), (16, false)] {
            var next = Rollout(id: id, of: plan, digest: digest, typical: TypicalSeconds(RolloutPace(of: [proven])))
            _ = next.handle(RolloutEvent(at: open.adding(seconds: minutes * 60), .start))
            #expect((next.nodes[0].state.step != nil) == begins, "at \(minutes) minutes")
            let read = try JSONDecoder().decode(Rollout.self, from: JSONEncoder().encode(next))
            #expect(read == next && read.typical == next.typical)
        }
    }

    /// What is kept says the same again; settings without windows are written as they always were.
    @Test func windowsAreKept() throws {
        let settings = RolloutSettings(windows: [window("Sat 22:00-06:00 Europe/Berlin")])
        let text = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(RolloutSettings.self, from: text) == settings)
        #expect(String(decoding: text, as: UTF8.self).contains(#""windows":["Sat 22:00-06:00 Europe\/Berlin"]"#))
        #expect(!String(decoding: try JSONEncoder().encode(RolloutSettings()), as: UTF8.self).contains("windows"))
    }

    /// One that was kept all the same looks again each day, and never begins a node.
    @Test func whatNeverOpensIsWaitedFor() throws {
        var run = try run(windows: ["Sat 22:00-23:00 Mars/Base"])
        run.handle(.start)
        for _ in 0..<20 {
            guard case .waiting(let until) = run.rollout.phase else { break }
            #expect(until == run.time.adding(seconds: 86_400))
            run.time = until
            run.handle(.tick)
        }
        #expect(active(run).isEmpty)
    }
}
