public import Fleet
import Foundation
import Probe
public import Store

/// Makes plans from what the store knows about nodes, and keeps them.
public struct PlanService: Sendable {
    private let store: Store
    private let judge: any NodeJudge
    private let time: any TimeSource
    private let controller: ControllerIdentity
    private let reader = AnswerReader()

    /// So many answers are read and planned in one piece.
    private static let chunk = 64

    /// `controller`: the machine that is to carry the plans out.
    public init(
        store: Store, judge: any NodeJudge, time: any TimeSource = SystemTime(),
        controller: ControllerIdentity = .thisMachine
    ) {
        self.store = store
        self.judge = judge
        self.time = time
        self.controller = controller
    }

    /// Plans each target from its last answer and keeps the plan under its digest. Looks at no node: sweep before.
    ///
    /// A node whose risk is above `maxRisk` is blocked; `overrides` let blockers of single nodes pass. A node whose last look failed, or that was never looked at, is `unreachable` with the reason.
    ///
    /// Fails with `override-without-guard`, `override-no-such-node`, and as the store does.
    public func plan(
        _ playbook: Playbook, for targets: [PlaybookTargets.Target], maxRisk: Int? = nil, overrides: [NodeOverride] = []
    ) async throws(FleetError) -> (plan: FleetPlan, digest: ContentDigest) {
        let targets = try Self.overriding(overrides, targets, playbook)
        let failures = try await store.currentFailures().mapValues(\.error)
        let debts = try await store.debtsByNode()
        let pieces = stride(from: 0, to: targets.count, by: Self.chunk).map {
            Array(targets[$0..<min($0 + Self.chunk, targets.count)])
        }
        let planned = try await inParallel(pieces) { (piece) async throws(FleetError) in
            try await entries(for: piece, failures, maxRisk, debts)
        }
        var plan = FleetPlan(purpose: .apply, playbook: playbook, nodes: planned.flatMap { $0.map(\.entry) })
        let limits = RolloutLimits(
            playbook.rollout,
            of: zip(targets, planned.flatMap(\.self)).map {
                .init(node: $0.node, plan: $1.entry.plan, cluster: $1.cluster)
            })
        let reasons = limits.reasons
        for index in plan.nodes.indices { plan.nodes[index].plan.add(reasons[plan.nodes[index].plan.node] ?? []) }
        return (plan, try await store.save(plan, at: time.now()))
    }

    private func entries(
        for targets: [PlaybookTargets.Target], _ failures: [NodeName: FleetError], _ maxRisk: Int?,
        _ debts: [NodeName: NodeDebt]
    ) async throws(FleetError) -> [Planned] {
        let seen = try await store.latestObservations(of: targets.map(\.node.name))
        return targets.map { target in
            let name = target.node.name
            if let failure = failures[name] { return Planned(entry: unreachable(target, failure)) }
            guard let answer = seen[name]?.answer else {
                return Planned(entry: unreachable(target, .neverObserved(name)))
            }
            let facts = reader.facts(of: ProbeAnswer(answer.raw))
            let plan = judge.plan(name, facts, target.settings).sparing(controller, facts)
                .owing(debts[name], isObserved: target.settings.complianceOnly)
            let overridden = target.settings.overridden ?? []
            let entry = FleetPlan.Entry(
                plan: maxRisk.map { plan.gated(maxRisk: $0, overridden: overridden) } ?? plan,
                settings: target.settings, facts: answer.digest)
            return Planned(entry: entry, cluster: facts.cluster.value)
        }
    }

    private struct Planned {
        var entry: FleetPlan.Entry
        var cluster: ClusterFacts?
    }

    /// The targets, with what shall pass in their settings: it is part of the plan and of its digest.
    private static func overriding(
        _ overrides: [NodeOverride], _ targets: [PlaybookTargets.Target], _ playbook: Playbook
    ) throws(FleetError) -> [PlaybookTargets.Target] {
        guard let first = overrides.first else { return targets }
        guard playbook.rollout.confirmWithinSeconds != nil else { throw .overrideWithoutGuard(first) }
        let names = Set(targets.map(\.node.name))
        if let stranger = overrides.first(where: { !names.contains($0.node) }) { throw .noSuchNode(stranger) }
        let wanted = Dictionary(grouping: Set(overrides), by: \.node)
        return targets.map { target in
            var target = target
            target.settings.overridden = wanted[target.node.name]?.map(\.reason).sorted()
            return target
        }
    }

    private func unreachable(_ target: PlaybookTargets.Target, _ error: FleetError) -> FleetPlan.Entry {
        var plan = judge.plan(target.node.name, nil, target.settings)
        let advice = error.advice.map { " \($0)" } ?? ""
        plan.reasons.append(Reason(.blocker, error.code, error.message + advice))
        return FleetPlan.Entry(plan: plan, settings: target.settings, facts: nil)
    }
}

/// `body` of each piece, on as many cores as there are, in the pieces' order.
func inParallel<Piece: Sendable, Value: Sendable>(
    _ pieces: [Piece], _ body: @Sendable @escaping (Piece) async throws(FleetError) -> Value
) async throws(FleetError) -> [Value] {
    let results = await withTaskGroup(of: (Int, Result<Value, FleetError>).self) { group in
        @Sendable func result(_ index: Int) async -> (Int, Result<Value, FleetError>) {
            do throws(FleetError) { return (index, .success(try await body(pieces[index]))) } catch {
                return (index, .failure(error))
            }
        }
        var next = 0
        while next < min(pieces.count, ProcessInfo.processInfo.activeProcessorCount) {
            group.addTask { [next] in await result(next) }
            next += 1
        }
        var results: [(Int, Result<Value, FleetError>)] = []
        while let finished = await group.next() {
            results.append(finished)
            guard next < pieces.count else { continue }
            group.addTask { [next] in await result(next) }
            next += 1
        }
        return results
    }
    var values: [Value] = []
    for (_, result) in results.sorted(by: { $0.0 < $1.0 }) { values.append(try result.get()) }
    return values
}

extension Store {
    func debtsByNode() async throws(FleetError) -> [NodeName: NodeDebt] {
        Dictionary(try await debts().map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension FleetError {
    fileprivate static func overrideWithoutGuard(_ override: NodeOverride) -> FleetError {
        FleetError(
            "override-without-guard", "\(override) can't be overridden: with confirm-within: never no node is guarded.",
            advice: "Give the playbook's roll-out a confirm-within, so that the node puts itself back if it must.")
    }

    fileprivate static func noSuchNode(_ override: NodeOverride) -> FleetError {
        FleetError(
            "override-no-such-node", "\(override) is for a node that this plan is not about.",
            advice: "Look at the name: each override is for one node of the plan.")
    }

    static func neverObserved(_ node: NodeName) -> FleetError {
        FleetError(
            "node-never-observed", "\(node) was never looked at.", advice: "Look at it: vfiofleet detect \(node).")
    }
}
