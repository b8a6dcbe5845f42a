internal import Documents
internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// Who does what a command is for: this process on its database, or the controller that runs, through its socket.
///
/// What a command shows, asks and ends with is the same either way; only who acts is not.
protocol Controller: Sendable {
    /// What is said to a person who leaves a roll-out at once.
    var farewell: String { get }
    /// It goes on with a roll-out when nobody watches.
    var goesOnAlone: Bool { get }

    /// The nodes a selector names; nil = all. Fails as `FleetSelection.nodes` does.
    func nodes(_ selector: String?) async throws -> [NodeName]

    /// A fresh look. Interrupted, it gives back what was seen until then.
    func detect(_ selector: String?, telling listener: LookListener) async throws -> SweepDocument
    /// The proof chain after a fresh look.
    func verify(_ playbook: PlaybookFile, telling listener: LookListener) async throws -> [NodeCompliance]
    func plan(_ wish: PlanWish, telling listener: LookListener) async throws -> (plan: FleetPlan, digest: ContentDigest)
    /// A kept plan, by the beginning of its digest.
    func plan(beginning prefix: String) async throws -> (plan: FleetPlan, digest: ContentDigest)

    /// Has a plan's roll-out begin, once everybody who has to has agreed to it; nobody may drive it yet.
    func begin(_ plan: FleetPlan, _ digest: ContentDigest, _ console: Console) async throws -> RolloutID
    /// Drives a roll-out until it has ended or is suspended; or follows who does. `controls`: orders meanwhile.
    func drive(
        _ id: RolloutID, _ drive: Drive, controls: AsyncStream<RolloutOrder>,
        events: AsyncStream<RolloutProgress>.Continuation
    ) async throws -> Fleet.Rollout
    func give(_ order: RolloutOrder, to id: RolloutID) async throws
    func rollout(_ id: RolloutID) async throws -> KeptRollout
    /// The newest first.
    func rollouts(latest count: Int) async throws -> [StoredRollout]
    func journal(of id: RolloutID) async throws -> [JournalEntry]

    /// What somebody asked for and nobody has decided yet, the oldest first.
    func requests() async throws -> [RequestDocument]
    /// Fails with `four-eyes`, `request-unknown`, `request-decided`, and with `controller-needed` when working alone.
    func approve(_ request: Int64) async throws -> RolloutID
    func refuse(_ request: Int64) async throws

    /// Plans that were made by themselves.
    func proposals() async throws -> [ProposalDocument]
    /// Fails with `proposal-unknown`.
    func proposal(_ id: Int64) async throws -> ProposalDocument
    /// Fails with `proposal-unknown`, `proposal-not-open`.
    func reject(_ proposal: Int64) async throws
}

/// How a roll-out is driven.
enum Drive: Sendable {
    /// It was begun by this command.
    case begun
    case resuming
    /// Nodes in mid-step are brought to their end, and no other is begun.
    case aborting
}

/// Hears what is looked at, and of each look.
struct LookListener: Sendable {
    var began: @Sendable ([NodeName]) async -> Void
    var looked: @Sendable (LookEvent) async -> Void
}

/// A playbook's file, with the nodes it is narrowed to.
struct PlaybookFile: Sendable {
    var path: String
    /// For who reads it again elsewhere.
    var text: String
    var playbook: Playbook
    var selector: String?

    /// - Throws: everything that is wrong with it.
    init(_ path: String, narrowedTo selector: String?) throws {
        self.path = path
        self.selector = selector
        text = try PlaybookDocument.text(of: path)
        playbook = try PlaybookDocument.parse(text, file: path)
    }
}

/// What a plan is made of.
struct PlanWish: Sendable {
    var file: PlaybookFile
    /// At the nodes, before.
    var isLooking = true
    var maxRisk: Int?
    var overrides: [NodeOverride] = []
}
