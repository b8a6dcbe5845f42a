public import Fleet
import Synchronization

/// Looks at nodes afresh and judges what is seen.
public struct VerifyService: Sendable {
    private let sweep: Sweep
    private let judge: any NodeJudge

    public init(sweep: Sweep, judge: any NodeJudge) {
        self.sweep = sweep
        self.judge = judge
    }

    /// The proof chain of each target, in their order. Every look is kept in the store as that of a sweep.
    public func verify(
        _ targets: [PlaybookTargets.Target], events: AsyncStream<LookEvent>.Continuation? = nil
    ) async throws(FleetError) -> [NodeVerification] {
        defer { events?.finish() }
        let settings = Dictionary(
            targets.map { ($0.node.name, $0.settings) }, uniquingKeysWith: { first, _ in first })
        let judged = Mutex<[NodeName: NodeVerification]>([:])
        // Judged within the look: what is known of a node is let go of before the next one is looked at.
        let summary = try await sweep.run(targets.map(\.node)) { [judge] node, result in
            guard let settings = settings[node] else { return }
            let verification =
                switch result {
                case .success(let observation):
                    NodeVerification(compliance: judge.verify(node, observation.facts, settings), failure: nil)
                case .failure(let error):
                    NodeVerification(compliance: NodeCompliance(node: node, checks: []), failure: error)
                }
            judged.withLock { $0[node] = verification }
            events?.yield(LookEvent(node: node, error: verification.failure))
        }
        let verifications = judged.withLock(\.self)
        return targets.map { target in
            verifications[target.node.name]
                ?? NodeVerification(
                    compliance: NodeCompliance(node: target.node.name, checks: []),
                    failure: summary.failed[target.node.name] ?? .notLookedAt(target.node.name))
        }
    }
}

/// What came of verifying one node.
public struct NodeVerification: Hashable, Sendable {
    /// Without any check when the node could not be observed: its verdict is then unknown.
    public var compliance: NodeCompliance
    /// Why it could not be observed.
    public var failure: FleetError?
}

extension FleetError {
    fileprivate static func notLookedAt(_ node: NodeName) -> FleetError {
        FleetError("node-not-looked-at", "\(node) was not looked at, because the sweep was interrupted.")
    }
}
