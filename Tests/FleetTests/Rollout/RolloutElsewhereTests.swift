import Testing

@testable import Fleet

@Suite("Roll-out: what other roll-outs have under way")
struct RolloutElsewhereTests {
    private static let cluster = FailureDomain(label: nil, value: "lab")
    private static let rack = FailureDomain(label: "rack", value: "b")

    private func other(_ domains: FailureDomain...) throws -> NodeElsewhere {
        NodeElsewhere(rollout: try #require(RolloutID("other")), node: name("z"), domains: domains)
    }

    private func run(_ domains: [NodeName: [FailureDomain]], _ settings: RolloutSettings) throws -> RolloutFixture {
        try RolloutFixture(["a", "b", "c"].map { change($0, guests: []) }, settings, domains: domains)
    }

    @Test func aMemberElsewhereKeepsItsClusterWaiting() throws {
        var settings = RolloutSettings(canaries: 0, maxUnavailable: .count(3), perCluster: .count(2))
        settings.pauseSeconds = 0
        var run = try run([name("a"): [Self.cluster], name("b"): [Self.cluster]], settings)
        run.handle(.elsewhere([try other(Self.cluster)]))
        run.handle(.start)
        #expect(run.waiting.map(\.id.node) == [name("c")], "the only one outside of that cluster")
        while !run.waiting.isEmpty { run.finishFirst() }
        #expect(run.rollout.phase == .waiting(until: .endOfTime) && run.wakes.isEmpty)
        run.handle(.skip(name("a")))
        #expect(run.rollout.phase == .waiting(until: .endOfTime))
        run.handle(.elsewhere([]))
        #expect(run.waiting.map(\.id.node) == [name("b")])
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func aNodeElsewhereCountsForALabel() throws {
        let settings = RolloutSettings(
            canaries: 0, maxUnavailable: .count(3), pauseSeconds: 0, perLabel: ["rack": .count(2)])
        var run = try run([name("a"): [Self.rack], name("b"): [Self.rack], name("c"): [Self.rack]], settings)
        run.handle(.elsewhere([try other(Self.rack)]))
        run.handle(.start)
        #expect(run.waiting.map(\.id.node) == [name("a")], "two of a rack, one of them elsewhere")
    }

    /// This one has no limit for racks.
    @Test(arguments: [(1, 1, ["c"]), (2, 1, ["a", "c"]), (2, 2, ["c"]), (3, 1, ["a", "b", "c"])])
    func aLimitOfTheOtherHoldsHereToo(count: Int, there: Int, begun: [String]) throws {
        let settings = RolloutSettings(canaries: 0, maxUnavailable: .count(3), pauseSeconds: 0)
        var run = try run([:], settings)
        let limit = NodeElsewhere.Limit(domain: Self.rack, count: count, nodes: [name("a"), name("b")])
        let id = try #require(RolloutID("other"))
        run.handle(
            .elsewhere(
                (1...there).map {
                    NodeElsewhere(rollout: id, node: name("z\($0)"), domains: [Self.rack], limits: [limit])
                }))
        run.handle(.start)
        #expect(run.waiting.map(\.id.node) == begun.map(name))
        run.handle(.elsewhere([]))
        #expect(run.waiting.map(\.id.node).sorted() == ["a", "b", "c"].map(name), "nobody is in the way any more")
    }

    @Test func whoWaitsForOthersCanBeSuspendedResumedAndAborted() throws {
        let all = [name("a"), name("b"), name("c")].map { ($0, [Self.cluster]) }
        var run = try run(Dictionary(uniqueKeysWithValues: all), RolloutSettings())
        run.handle(.elsewhere([try other(Self.cluster)]))
        run.handle(.start)
        #expect(run.waiting.isEmpty)
        run.handle(.suspend)
        #expect(run.rollout.phase == .suspended)
        run.handle(.resume)
        #expect(run.rollout.phase == .waiting(until: .endOfTime))
        #expect(run.rollout.secondsLeft(at: run.time) == nil)
        run.handle(.abort)
        #expect(run.rollout.phase == .ended(.stopped(.aborted)))
    }

    /// Skipping several at once begins none of them.
    @Test func skippingBeginsNothing() throws {
        var run = try run([:], RolloutSettings(canaries: 0, batch: .count(1), pauseSeconds: 0))
        run.handle(.start)
        run.handle(.skip(name("b")))
        run.handle(.skip(name("c")))
        #expect(run.ordered == ["a lock"])
    }
}
