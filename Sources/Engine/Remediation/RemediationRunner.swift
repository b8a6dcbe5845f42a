public import Fleet
public import Logging
public import Store
import Synchronization

/// Carries out what schedules may put right by themselves, one roll-out at a time, until it is cancelled.
///
/// Cancelled in mid-roll-out it has what is in flight brought to its end and suspends the rest, which the next runner goes
/// on with. A roll-out that a person has given an order to is that person's from then on.
public struct RemediationRunner: Sendable {
    private let store: Store
    private let driver: RolloutDriver
    private let time: any TimeSource
    private let logger: Logger
    private let routes: @Sendable () -> [AlertRoute]

    private static let patience = Duration.seconds(5)

    public init(
        store: Store, driver: RolloutDriver, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.remediation"), routes: @escaping @Sendable () -> [AlertRoute] = { [] }
    ) {
        self.store = store
        self.driver = driver
        self.time = time
        self.logger = logger
        self.routes = routes
    }

    /// Returns when its task is cancelled and what was in flight has come to its end.
    public func run() async {
        while !Task.isCancelled {
            do throws(FleetError) { try await round() } catch {
                if Task.isCancelled { return }
                logger.error("what drifted can't be put right", metadata: ["error": "\(error)"])
            }
            do { try await time.sleep(for: Self.patience) } catch { return }
        }
    }

    /// Begins what is to be begun, drives what has not ended, and tells what came of it.
    public func round() async throws(FleetError) {
        for proposal in try await store.unbegunProposals() { try await begin(proposal) }
        for id in try await store.ownRollouts() {
            guard !Task.isCancelled else { return }
            try await drive(id)
        }
        for (proposal, id) in try await store.endedProposals() {
            let rollout = try await store.rollout(id).rollout
            let items = rollout.nodes.filter(\.hasWork).map { AlertItem(ended: $0, id) }
            try await conclude(proposal, items)
        }
    }

    private func begin(_ proposal: Proposal) async throws(FleetError) {
        guard let name = ScheduleName(proposal.schedule) else { return }
        do throws(FleetError) {
            let plan = try await store.plan(proposal.plan)
            let id = try await RolloutBeginning(store: store, time: time)
                .begin(plan, proposal.plan, by: RemediationService.actor(name))
            logger.notice("roll-out begun by itself", metadata: ["rollout": "\(id)", "schedule": "\(name)"])
        } catch {
            // What another roll-out is at may end; a database in trouble is tried again as a whole.
            if error.code == "rollout-overlaps" { return }
            guard !error.code.rawValue.hasPrefix("store-") else { throw error }
            try await conclude(proposal, proposal.nodes.map { AlertItem(notBegun: $0, error) })
        }
    }

    private func drive(_ id: RolloutID) async throws(FleetError) {
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        let drive = Task { [driver] () -> FleetError? in
            do throws(FleetError) { _ = try await driver.drive(id, controls: controls) } catch { return error }
            return nil
        }
        let failure = await withTaskCancellationHandler {
            await drive.value
        } onCancel: {
            tell.yield(.suspend)
        }
        // Somebody else drives it.
        if let failure, failure.code != "lease-held" { throw failure }
    }

    private func conclude(_ proposal: Proposal, _ items: [AlertItem]) async throws(FleetError) {
        try await store.conclude(
            proposal.id, telling: routes(), items, under: proposal.playbook, at: time.now())
    }
}

extension AlertItem {
    fileprivate init(ended run: NodeRun, _ id: RolloutID) {
        self.init(
            .remediated, RuleSubject(node: run.node, rule: .observed),
            verdict: run.state.result == .verified ? "was put right by itself" : "could not be put right by itself",
            message: "It is \(run.state.word): vfiofleet rollout show \(id).")
    }

    fileprivate init(notBegun node: NodeName, _ error: FleetError) {
        self.init(
            .remediated, RuleSubject(node: node, rule: .observed), verdict: "could not be put right by itself",
            message: error.description)
    }
}
