public import Fleet
public import Store

/// Verifies nodes against a playbook and keeps how every rule stands.
public struct ComplianceService: Sendable {
    private let store: Store
    private let opener: any NodeOpener
    private let judge: any NodeJudge
    private let time: any TimeSource
    private let parallelism: Int
    private let routes: @Sendable () -> [AlertRoute]

    /// `routes`: who is told of what changes, by the present configuration.
    public init(
        store: Store, opener: any NodeOpener, judge: any NodeJudge, time: any TimeSource = SystemTime(),
        parallelism: Int = 128, routes: @escaping @Sendable () -> [AlertRoute] = { [] }
    ) {
        self.store = store
        self.opener = opener
        self.judge = judge
        self.time = time
        self.parallelism = parallelism
        self.routes = routes
    }

    /// Looks at each target once. Returns what stands otherwise than at the look before.
    ///
    /// A node that can't be looked at is a result like others. Fails as the store does, and with `cancelled`: then nothing
    /// is kept but the sightings.
    public func run(
        _ playbook: Playbook, _ targets: [PlaybookTargets.Target]
    ) async throws(FleetError) -> (outcome: ScheduleOutcome, changes: [RuleChange]) {
        let sweep = Sweep(store: store, opener: opener, time: time, parallelism: parallelism)
        let verified = try await VerifyService(sweep: sweep, judge: judge).verify(targets)
        guard !Task.isCancelled else { throw .interrupted(playbook) }
        var looks: [NodeRules] = []
        for (target, result) in zip(targets, verified) {
            looks.append(
                NodeRules(result.compliance, failure: result.failure, settings: try target.settings.digest))
        }
        let changes = try await store.record(looks, under: playbook.name, at: time.now(), telling: routes())
        let verdicts = verified.map(\.compliance.verdict)
        let outcome = ScheduleOutcome(
            compliant: verdicts.count { $0 == .compliant }, noncompliant: verdicts.count { $0 == .noncompliant },
            unknown: verdicts.count { $0 == .unknown }, changes: changes.count { $0.isNews },
            playbook: playbook.name)
        return (outcome, changes)
    }
}

extension FleetError {
    fileprivate static func interrupted(_ playbook: Playbook) -> FleetError {
        FleetError(
            "cancelled", "The verification of \(playbook.name) was interrupted.",
            advice: "Run it again: nothing was lost.")
    }
}
