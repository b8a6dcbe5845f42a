import Engine
import Fleet
import Remote
import Store

/// A node that does as it is told, in its own time.
actor BenchNode: NodeOperations {
    let name: NodeName
    /// How long its rebuild takes, and how long it is away for a reboot.
    let rebuildSeconds: Double
    let rebootSeconds: Double
    private let time: any TimeSource
    private let look: (@Sendable () async -> Observation)?
    private var isWritten = false
    private var boot = 1
    private var backAt = Timestamp(milliseconds: .min)
    private var lockedBy: RolloutID?

    /// - Parameter look: what it shows of itself; nil = the plan that every node here has.
    init(
        _ name: NodeName, rebuild: Double = 0, reboot: Double = 0, _ time: any TimeSource,
        look: (@Sendable () async -> Observation)? = nil
    ) {
        self.name = name
        rebuildSeconds = rebuild
        rebootSeconds = reboot
        self.time = time
        self.look = look
    }

    /// No roll-out can be done with it sooner.
    nonisolated var leastSeconds: Double { rebuildSeconds + rebootSeconds }

    private func requireUp() throws(NodeFailure) {
        guard time.now() < backAt else { return }
        throw .remote(RemoteFailure(.connectionRefused, node: name, "It is away.", advice: "Wait."))
    }

    func observe() async throws(NodeFailure) -> Observation {
        try requireUp()
        if let look { return await look() }
        var facts = NodeFacts()
        facts.cluster = .known(ClusterFacts(name: nil))
        facts.bootID = BenchPlan.boot(boot).map { .known($0) } ?? facts.bootID
        facts.files[BenchPlan.path] = .known(FileContent(bytes: isWritten ? BenchPlan.wanted : nil))
        return Observation(answer: StoredAnswer(raw: Array("\(name) \(boot) \(isWritten)".utf8)), facts: facts)
    }

    func lock(_ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        lockedBy = token.rollout
    }

    func unlock(_ token: FencingToken) throws(NodeFailure) { try requireUp() }

    func write(_ changes: [FileChange], _ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        isWritten = true
    }

    func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try requireUp()
        try? await time.sleep(for: .seconds(rebuildSeconds))
        return Evidence(command: command.rawValue, output: "", exitCode: 0)
    }

    func reboot(from bootID: BootID, _ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        boot += 1
        backAt = Timestamp(milliseconds: time.now().milliseconds + Int64(rebootSeconds * 1000))
    }

    func guardReport() throws(NodeFailure) -> GuardReport {
        try requireUp()
        return GuardReport(phase: .waiting, boot: BenchPlan.boot(boot), rollout: lockedBy)
    }

    func arm(withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken) throws(NodeFailure) {
        try requireUp()
    }
    func confirm(_ boot: BootID, _ token: FencingToken) throws(NodeFailure) { try requireUp() }
    func putBack(because reason: String, _ token: FencingToken) throws(NodeFailure) -> Bool {
        try requireUp()
        return true
    }
    func set(_ change: GuestChange, _ token: FencingToken) throws(NodeFailure) -> Evidence {
        Evidence(command: "", output: "")
    }
    func shutDown(_ guests: [GuestStay], _ token: FencingToken) throws(NodeFailure) { try requireUp() }
    func start(_ guest: GuestStay, _ token: FencingToken) throws(NodeFailure) { try requireUp() }
    func migrationLook(_ guests: [VMID]) -> MigrationLook { MigrationLook(members: [], guests: []) }
    func places(of guests: [VMID]) -> [GuestPlace] { [] }
    func migrate(_ journey: GuestJourney, _ token: FencingToken) throws(NodeFailure) { try requireUp() }
    func clusterLook() -> ClusterLook { ClusterLook(host: "bench") }
    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) {}
    func backups() -> [NodeBackup] { [] }
    func close() {}
}

struct BenchFleet: NodeOpener {
    let nodes: [NodeName: BenchNode]

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        guard let bench = nodes[node.name] else {
            throw .remote(RemoteFailure(.nameNotResolved, node: node.name, "No such node.", advice: "Name another."))
        }
        return bench
    }
}

/// Time that runs so many times faster.
struct FastTime: TimeSource {
    let factor: Int
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now
    private let origin: Int64

    /// - Parameter origin: what time it is at first.
    init(factor: Int, from origin: Timestamp = Timestamp(milliseconds: 1_800_000_000_000)) {
        self.factor = factor
        self.origin = origin.milliseconds
    }

    func now() -> Timestamp {
        let (seconds, attoseconds) = (start.duration(to: clock.now) * factor).components
        return Timestamp(milliseconds: origin + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    func sleep(for duration: Duration) async throws { try await clock.sleep(for: duration / factor) }
}
