import Fleet
import TestSupport
import Testing

/// Random plans, settings, outcomes, crashes and orders of events. What must hold is checked after every event by the
/// fixture; here is checked that every run comes to an end and what the end may be.
@Suite("Roll-out: random runs")
struct RolloutRandomTests {
    @Test func everyRunEndsSoundly() throws {
        for seed in 0..<UInt64(3000) {
            var random = SeededNumbers(seed: seed)
            try run(seed: seed, &random)
        }
    }

    private func run(seed: UInt64, _ random: inout SeededNumbers) throws {
        let plans = plans(&random)
        var run = try RolloutFixture(
            plans, settings(&random), domains: domains(of: plans, &random),
            purpose: Bool.random(using: &random) ? .apply : .undo)
        if Bool.random(using: &random) { run.handle(.owed(try debts(of: plans, &random))) }
        run.handle(.start)
        var events = 0
        while !run.rollout.isEnded {
            events += 1
            if events > 5000 {
                Issue.record("seed \(seed) does not end: \(run.rollout.phase)")
                return
            }
            step(&run, &random)
        }
        check(run, seed)
    }

    private func step(_ run: inout RolloutFixture, _ random: inout SeededNumbers) {
        run.time = run.time.adding(seconds: Int.random(in: -1...30, using: &random))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<4: run.handle(.resume)
        case 4..<5: run.handle(.suspend)
        case 5: if Int.random(in: 0..<20, using: &random) == 0 { run.handle(.abort) }
        case 6..<8: repeatAnOldEvent(&run, &random)
        case 8: if let node = run.rollout.nodes.randomElement(using: &random) { run.handle(.skip(node.node)) }
        case 9..<19: run.handle(.tick)
        case 19: if let node = run.rollout.nodes.randomElement(using: &random) { run.handle(.retry(node.node)) }
        default: finishOne(&run, &random)
        }
        if run.rollout.phase == .suspended { run.handle(.resume) }
    }

    private func finishOne(_ run: inout RolloutFixture, _ random: inout SeededNumbers) {
        guard !run.waiting.isEmpty else {
            run.handle(.tick)
            return
        }
        let effect = run.waiting.remove(at: Int.random(in: run.waiting.indices, using: &random))
        var outcome = RolloutFixture.success(effect)
        switch Int.random(in: 0..<100, using: &random) {
        case 0: outcome = failure()
        case 1..<5: outcome = failure("ssh-silent", contactLost: true)
        default: break
        }
        // An answer to a confirmation that was lost may have been a yes.
        if case .awaitRevert = effect.action, Int.random(in: 0..<6, using: &random) == 0 {
            outcome = .seen(RolloutFixture.boot(2))
        }
        if case .recover = effect.action, effect.id.step == "recover-reboot", Bool.random(using: &random) {
            outcome = .seen(RolloutFixture.boot(2))
        }
        run.handle(.finished(effect.id, outcome))
    }

    /// Late and repeated messages must change nothing, or be the very thing that is waited for.
    private func repeatAnOldEvent(_ run: inout RolloutFixture, _ random: inout SeededNumbers) {
        guard let node = run.rollout.nodes.randomElement(using: &random) else { return }
        let id = EffectID(
            rollout: run.rollout.id, node: node.node, step: "lock", attempt: Int.random(in: 0...3, using: &random))
        guard !run.waiting.contains(where: { $0.id == id }) else { return }
        guard case .rejected = run.handle(.finished(id, .done)) else {
            Issue.record("\(id) was taken, and nobody waits for it")
            return
        }
    }

    private func check(_ run: RolloutFixture, _ seed: UInt64) {
        let results = run.rollout.nodes.compactMap(\.state.result)
        let bad = results.contains { !$0.isGood }
        switch run.rollout.phase {
        case .ended(.completed): #expect(!bad && !results.contains(.held), "seed \(seed)")
        case .ended(.completedWithFailures): #expect(bad && !results.contains(.held), "seed \(seed)")
        case .ended(.stopped(.failure(let node))):
            let isConfirmedAfterAll = run.ordered.contains("\(node) await-revert")
            #expect(bad || isConfirmedAfterAll, "seed \(seed)")
        default: break
        }
        for node in run.rollout.nodes where node.state.result == .held {
            let touched = run.ordered.contains("\(node.node) write") || run.ordered.contains("\(node.node) reboot")
            #expect(!touched, "seed \(seed): \(node.node) is held and was touched")
        }
    }

    private func plans(_ random: inout SeededNumbers) -> [NodePlan] {
        (0..<Int.random(in: 0...8, using: &random)).map { number in
            if Int.random(in: 0..<6, using: &random) == 0 {
                return NodePlan(node: name("n\(number)"), verdict: .blocked)
            }
            let plan = change(
                "n\(number)", files: .random(using: &random),
                commands: Array(NodeCommand.allCases.prefix(Int.random(in: 0...2, using: &random))),
                reboot: .random(using: &random),
                guests: Array([100, 101].prefix(Int.random(in: 0...2, using: &random))))
            return Bool.random(using: &random) ? evacuating(plan) : plan
        }
    }

    private func debts(of plans: [NodePlan], _ random: inout SeededNumbers) throws -> [NodeDebt] {
        let earlier = try #require(RolloutID("r0"))
        return plans.filter { _ in Bool.random(using: &random) }.map {
            NodeDebt(node: $0.node, rollout: earlier, stays: RolloutFixture.stays)
        }
    }

    private func settings(_ random: inout SeededNumbers) -> RolloutSettings {
        RolloutSettings(
            canaries: Int.random(in: 0...2, using: &random),
            batch: Bool.random(using: &random) ? .count(.random(in: 0...4, using: &random)) : .percent(50),
            maxUnavailable: Bool.random(using: &random) ? .count(.random(in: 0...4, using: &random)) : nil,
            pauseSeconds: Int.random(in: 0...20, using: &random),
            soakSeconds: Bool.random(using: &random) ? Int.random(in: 0...100, using: &random) : nil,
            returnWithinSeconds: 60, perCluster: .count(.random(in: 0...2, using: &random)),
            perLabel: ["rack": Bool.random(using: &random) ? .count(.random(in: 1...3, using: &random)) : .percent(40)],
            failureBudget: max(0, Int.random(in: -3...3, using: &random)),
            confirmWithinSeconds: [nil, 40].randomElement(using: &random) ?? nil)
    }

    private func domains(
        of plans: [NodePlan], _ random: inout SeededNumbers
    ) -> [NodeName: [FailureDomain]] {
        let pairs = plans.map { plan in
            let rack = FailureDomain(label: "rack", value: "r\(Int.random(in: 0...1, using: &random))")
            let cluster = FailureDomain(label: nil, value: "c\(Int.random(in: 0...1, using: &random))")
            return (plan.node, Array([cluster, rack].prefix(Int.random(in: 0...2, using: &random))))
        }
        return Dictionary(uniqueKeysWithValues: pairs)
    }
}
