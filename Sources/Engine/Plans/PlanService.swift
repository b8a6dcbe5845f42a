public import Fleet
import Foundation
public import Store

/// Makes plans from what the store knows about nodes, and keeps them.
public struct PlanService: Sendable {
    private let store: Store
    private let judge: any NodeJudge
    private let time: any TimeSource

    /// So many answers are read and planned in one piece.
    private static let chunk = 64

    public init(store: Store, judge: any NodeJudge, time: any TimeSource = SystemTime()) {
        self.store = store
        self.judge = judge
        self.time = time
    }

    /// Plans each target from its last answer and keeps the plan under its digest. Looks at no node: sweep before.
    ///
    /// A node whose risk is above `maxRisk` is blocked. A node whose last look failed, or that was never looked at, is `unreachable` with the reason.
    public func plan(
        _ playbook: Playbook, for targets: [PlaybookTargets.Target], maxRisk: Int? = nil
    ) async throws(FleetError) -> (plan: FleetPlan, digest: ContentDigest) {
        let failures = try await store.currentFailures().mapValues(\.error)
        let pieces = stride(from: 0, to: targets.count, by: Self.chunk).map {
            Array(targets[$0..<min($0 + Self.chunk, targets.count)])
        }
        let planned = try await inParallel(pieces) { (piece) async throws(FleetError) in
            try await entries(for: piece, failures, maxRisk)
        }
        let plan = FleetPlan(purpose: .apply, playbook: playbook, nodes: planned.flatMap(\.self))
        return (plan, try await store.save(plan, at: time.now()))
    }

    private func entries(
        for targets: [PlaybookTargets.Target], _ failures: [NodeName: FleetError], _ maxRisk: Int?
    ) async throws(FleetError) -> [FleetPlan.Entry] {
        let seen = try await store.latestObservations(of: targets.map(\.node.name))
        return targets.map { target in
            let name = target.node.name
            if let failure = failures[name] { return unreachable(target, failure) }
            guard let answer = seen[name]?.answer else { return unreachable(target, .neverObserved(name)) }
            let plan = judge.plan(name, answer.facts, target.settings)
            return FleetPlan.Entry(
                plan: maxRisk.map { plan.gated(maxRisk: $0) } ?? plan, settings: target.settings, facts: answer.digest)
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

extension FleetError {
    static func neverObserved(_ node: NodeName) -> FleetError {
        FleetError(
            "node-never-observed", "\(node) was never looked at.", advice: "Look at it: vfiofleet detect \(node).")
    }
}
