import Foundation
import TestSupport
import Testing

@testable import Fleet

@Suite("Roll-out: the sliding window")
struct RolloutWindowTests {
    private let six = ["a", "b", "c", "d", "e", "f"].map { change($0, guests: []) }

    private func settings(
        canaries: Int = 0, window: RolloutSettings.Share = .count(2), soak: Int? = nil,
        perCluster: RolloutSettings.Share = .count(1),
        perLabel: [String: RolloutSettings.Share] = [:], budget: Int = 0
    ) -> RolloutSettings {
        RolloutSettings(
            canaries: canaries, maxUnavailable: window, pauseSeconds: 30, soakSeconds: soak, perCluster: perCluster,
            perLabel: perLabel, failureBudget: budget)
    }

    /// Lets the effects of one node succeed until it waits for none.
    private func finish(_ node: String, _ run: inout RolloutFixture) {
        while let index = run.waiting.firstIndex(where: { $0.id.node == name(node) }) {
            let effect = run.waiting.remove(at: index)
            run.handle(.finished(effect.id, RolloutFixture.success(effect)))
        }
    }

    private func active(_ run: RolloutFixture) -> [String] {
        run.rollout.nodes.filter { $0.state.step != nil }.map(\.node.description)
    }

    @Test func theNextBeginsAsSoonAsOneIsProven() throws {
        var run = try RolloutFixture(six, settings())
        run.handle(.start)
        #expect(active(run) == ["a", "b"])
        finish("b", &run)
        #expect(active(run) == ["a", "c"], "nobody waits for a, and there is no pause")
        finish("c", &run)
        finish("a", &run)
        #expect(active(run) == ["d", "e"])
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func theWindowOpensAfterTheCanariesHaveSoaked() throws {
        var run = try RolloutFixture(six, settings(canaries: 1, window: .percent(50), soak: 600))
        run.handle(.start)
        #expect(active(run) == ["a"])
        finish("a", &run)
        #expect(run.rollout.phase == .pausing(until: run.time.adding(seconds: 600)))
        run.time = run.time.adding(seconds: 600)
        run.handle(.tick)
        #expect(active(run) == ["b", "c", "d"], "half of six")
    }

    @Test func aShareOfADomainIsOfItsNodesInTheRollout() throws {
        let domains = Dictionary(
            uniqueKeysWithValues: six.map { plan in
                let rack = FailureDomain(label: "rack", value: plan.node < name("e") ? "1" : "2")
                return (plan.node, [FailureDomain(label: nil, value: "pve"), rack])
            })
        let shares = settings(window: .count(6), perCluster: .percent(70), perLabel: ["rack": .percent(49)])
        var run = try RolloutFixture(six, shares, domains: domains)
        run.handle(.start)
        #expect(active(run) == ["a", "e"], "one of four, and of two at least one")
        #expect(run.rollout.limitOfCluster(of: name("a")) == 4)
        finish("a", &run)
        #expect(active(run) == ["b", "e"])
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test(arguments: [RolloutSettings.Share.count(3), .percent(25)])
    func aShareIsStoredAsAPlaybookWritesIt(_ share: RolloutSettings.Share) throws {
        let text = String(decoding: try JSONEncoder().encode(["a": share]), as: UTF8.self)
        #expect(text == (share == .count(3) ? #"{"a":3}"# : #"{"a":"25%"}"#))
        #expect(try JSONDecoder().decode([String: RolloutSettings.Share].self, from: Data(text.utf8)) == ["a": share])
        let earlier = share == .count(3) ? #"{"a":{"count":{"_0":3}}}"# : #"{"a":{"percent":{"_0":25}}}"#
        #expect(
            try JSONDecoder().decode([String: RolloutSettings.Share].self, from: Data(earlier.utf8)) == ["a": share])
    }

    @Test func nodesOfOneDomainWaitForEachOther() throws {
        let pve = FailureDomain(label: nil, value: "pve")
        func rack(_ value: String) -> FailureDomain { FailureDomain(label: "rack", value: value) }
        let domains: [NodeName: [FailureDomain]] = [
            name("a"): [pve], name("b"): [pve], name("c"): [rack("1")], name("d"): [rack("1")], name("e"): [rack("1")],
        ]
        var run = try RolloutFixture(six, settings(window: .count(6), perLabel: ["rack": .count(2)]), domains: domains)
        run.handle(.start)
        #expect(active(run) == ["a", "c", "d", "f"], "b and e wait, and f does not wait behind them")
        finish("c", &run)
        #expect(active(run) == ["a", "d", "e", "f"])
        finish("a", &run)
        #expect(active(run) == ["b", "d", "e", "f"])
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func limitsHoldWithinABatchToo() throws {
        let pve = FailureDomain(label: nil, value: "pve")
        let domains = Dictionary(uniqueKeysWithValues: six.map { ($0.node, [pve]) })
        var run = try RolloutFixture(
            six, RolloutSettings(canaries: 0, batch: .count(3), pauseSeconds: 0, perCluster: .count(2)),
            domains: domains)
        run.handle(.start)
        #expect(active(run) == ["a", "b"])
        finish("a", &run)
        #expect(active(run) == ["b", "c"])
        finish("b", &run)
        #expect(active(run) == ["c"], "d is of the next batch")
        finish("c", &run)
        #expect(active(run) == ["d", "e"])
    }

    @Test func aBudgetLetsTheOthersGoOn() throws {
        var run = try RolloutFixture(six, settings(window: .count(1), budget: 1))
        run.handle(.start)
        run.finishFirst(failure())
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completedWithFailures))
        #expect(run.rollout.nodes.filter { $0.state == .ended(.verified) }.count == 5)
    }

    @Test func theFailureThatSpendsTheBudgetStops() throws {
        var run = try RolloutFixture(six, settings(window: .count(1), budget: 1))
        run.handle(.start)
        run.finishFirst(failure())
        run.finishFirst()
        run.finishFirst(failure())
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("b")))))
        #expect(run.rollout.nodes.filter { $0.state == .ended(.held) }.count == 4)
    }

    @Test func noBudgetCoversACanary() throws {
        var run = try RolloutFixture(six, settings(canaries: 1, budget: 5))
        run.handle(.start)
        run.finishFirst(failure())
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
    }

    @Test func aSkippedNodeIsLeftAsItIs() throws {
        var run = try RolloutFixture(six, settings(window: .count(1)))
        run.handle(.skip(name("f")))
        run.handle(.start)
        run.handle(.skip(name("b")))
        guard case .rejected = run.handle(.skip(name("a"))), case .rejected = run.handle(.skip(name("b"))),
            case .rejected = run.handle(.skip(name("z")))
        else {
            Issue.record("skipped what does not wait")
            return
        }
        run.runToEnd()
        #expect(run.rollout.phase == .ended(.completed))
        for node in ["b", "f"] {
            #expect(run.rollout[name(node)]?.state == .ended(.skipped))
            #expect(!run.ordered.contains { $0.hasPrefix("\(node) ") })
        }
        #expect(run.rollout.nodes.filter { $0.state == .ended(.verified) }.count == 4)
    }

    @Test func skippingTheLastEndsASuspendedRollout() throws {
        var run = try RolloutFixture(Array(six.prefix(2)), settings(window: .count(1)))
        run.handle(.start)
        run.handle(.suspend)
        run.runToEnd()
        #expect(run.rollout.phase == .suspended)
        run.handle(.skip(name("b")))
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test func theLowestRiskGoesFirst() throws {
        let facts = try Fixtures.facts("intel-z390-rtx2070")
        let planned = Planner.plan(node: name("x"), facts: facts, settings: try Fixtures.guide("01:00"))
        let forecast = try #require(planned.forecast)
        func plan(_ name: String, _ risks: RiskCode...) -> NodePlan {
            var plan = change(name)
            plan.forecast = forecast
            plan.forecast?.risk = Risk(risks.map { RiskReason($0, "It is.") })
            return plan
        }
        let plans = [plan("a", .quorumLost), plan("b", .onlyKernel), plan("c"), plan("d", .onlyKernel)]
        let order = try RolloutFixture(plans, settings()).rollout.nodes.map(\.node.description)
        #expect(order == ["c", "b", "d", "a"])
        let given = RolloutSettings(order: .inventory)
        #expect(try RolloutFixture(plans, given).rollout.nodes.map(\.node.description) == ["a", "b", "c", "d"])
    }
}
