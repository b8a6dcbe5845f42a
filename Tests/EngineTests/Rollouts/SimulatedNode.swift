import Engine
import Fleet
import Remote
import Store

/// A node in memory that honours what a real one does: files on disk, what the last rebuild copied from them, what the
/// last boot loaded from that, a lock with a fence, guests. Time is virtual.
actor SimulatedNode {
    enum Fault: Hashable, Sendable {
        case neverReturns
        case refusesReboot
        case rebuildFails
        /// Rebuilding exits 0 and does nothing.
        case rebuildLies
        /// Its next boot has no network.
        case losesNetwork
        /// Its next boot does not load what it should.
        case bootLies
        /// The node's services do not come back.
        case servicesStayDown
        /// The connection breaks in the middle of this many operations, after they took effect.
        case losesAnswers(Int)
        /// A container does not shut down.
        case guestStaysUp
        /// A virtual machine can't be migrated away.
        case migrationFails
        /// The same, but the order succeeds.
        case migrationLies
        /// A virtual machine that went away can't be migrated home.
        case guestStaysAway
        /// A container does not start again.
        case guestStaysDown
        /// It is in a cluster of so many votes, of which so many are there; three are needed.
        case inCluster(votes: Int, present: Int)
    }

    let name: NodeName
    let time: ScaledTime
    /// What it says of its cluster.
    var cluster = SimulatedClusterState()
    var files = [SimulatedNode.path: Array("# by hand\n".utf8)]
    private(set) var guest: [String: String] = ["bios": "ovmf"]
    /// Two guests beside it, and which of the three run.
    let others: [SimulatedGuest]
    var runningGuests: Set<VMID>
    /// Guests that are at another member of its cluster, and run there.
    var away: [VMID: String] = [:]
    /// Of memory, on the member that has most.
    private(set) var freeElsewhere = 1 << 30
    /// What was shut down, started and migrated, in order.
    var guestLog: [String] = []
    /// What an ordered reboot ended.
    var endedByReboot: Set<VMID> = []
    private(set) var lock: FencingToken?
    private(set) var reboots = 0
    /// What it waits with, in another boot than the one in which it was set up.
    var trial: SimulatedTrial?
    private(set) var guestCalls = 0
    var initramfs: [UInt8] = []
    var running: [UInt8] = []
    private var highest: UInt64 = 0
    private var backups: [NodeBackup] = []
    var downUntil = Timestamp(milliseconds: .min)
    var bootedAt = Timestamp(milliseconds: .min)
    var faults: Set<Fault>
    var boot = 1

    static let path = "/etc/modprobe.d/vfio.conf"
    static let wanted = Array("options vfio-pci ids=10de:1f02\n".utf8)

    init(_ name: NodeName, _ time: ScaledTime, faults: Set<Fault> = [], populated: Bool = false) {
        others = populated ? SimulatedGuest.others : []
        runningGuests = populated ? SimulatedGuest.ranBefore : []
        if populated { guest["onboot"] = "1" }
        self.name = name
        self.time = time
        self.faults = faults
    }

    func mend() { faults = [] }
    func breakNextBoot() { faults = [.losesNetwork] }
    func fail(by fault: Fault) { faults = [fault] }
    func offer(_ bytes: Int) { freeElsewhere = bytes }
    func choose(onboot value: String?) { guest["onboot"] = value }
    func edit(_ text: String) { files[Self.path] = Array(text.utf8) }
    func lock(by token: FencingToken) { lock = token }

    var isWanted: Bool { files[Self.path] == Self.wanted && running == Self.wanted }

    var bootID: BootID { bootID(boot) }

    func bootID(_ number: Int) -> BootID {
        let id = "00000000-0000-4000-8000-" + String(String(1_000_000_000_000 + number).dropFirst())
        guard let boot = BootID(id) else { preconditionFailure("not a boot id: \(id)") }
        return boot
    }

    func requireUp() throws(NodeFailure) {
        passTime()
        guard time.now() < downUntil else { return }
        throw .remote(RemoteFailure(.connectionRefused, node: name, "Refused.", advice: "Wait."))
    }

    func requireLock(_ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        guard lock == token else { throw .refused(FleetError("node-lock-not-held", "No lock."), nil) }
    }

    func mayLoseAnswer() throws(NodeFailure) {
        for case .losesAnswers(let count) in faults {
            faults.remove(.losesAnswers(count))
            if count > 1 { faults.insert(.losesAnswers(count - 1)) }
            throw .remote(RemoteFailure(.connectionLost, node: name, "Lost.", advice: "Again."))
        }
    }

    private var facts: NodeFacts {
        var facts = NodeFacts()
        facts.cluster = .known(ClusterFacts(name: nil))
        facts.bootID = .known(bootID)
        facts.files[Self.path] = .known(FileContent(bytes: files[Self.path]))
        facts.kernelCommandLine = .known(String(decoding: running, as: UTF8.self))
        facts.kernelLog = .known([String(decoding: initramfs, as: UTF8.self)])
        facts.initramfs = .known([
            InitramfsImage(
                kernel: "6.8.12", path: "/boot/initrd.img-6.8.12", modules: .known([]), configurationFiles: .known([]),
                newerInputs: .known(initramfs == files[Self.path] ? [] : [Self.path]))
        ])
        for case .inCluster(let votes, let present) in faults {
            let members = (1...votes).map { number in
                ClusterFacts.Member(name: "m\(number)", votes: 1, isLocal: number == 1)
            }
            facts.cluster = .known(
                ClusterFacts(
                    name: "lab", quorate: true, expectedVotes: votes, totalVotes: present, quorum: 3, members: members))
        }
        if let vm = VMID("100") {
            let text = guest.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }.joined()
            let all = [SimulatedGuest(kind: .qemu, vm: vm, configuration: text)] + others
            facts.guests = .known(
                all.filter { away[$0.vm] == nil }.map { $0.facts(runs: runningGuests.contains($0.vm)) })
        }
        return facts
    }
}

extension SimulatedNode {
    func observe() throws(NodeFailure) -> Observation {
        try requireUp()
        let raw = Array("\(name) \(bootID) \(files) \(running)".utf8)
        return Observation(answer: StoredAnswer(raw: raw), facts: facts)
    }

    func lock(_ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        guard token.number >= highest else { throw .refused(FleetError("fencing-token-outdated", "Old."), nil) }
        if let lock, lock.rollout != token.rollout { throw .refused(FleetError("node-locked", "Locked."), nil) }
        highest = token.number
        lock = token
        try mayLoseAnswer()
    }

    func unlock(_ token: FencingToken) throws(NodeFailure) {
        try requireUp()
        if let held = lock, held.rollout == token.rollout, held.number <= token.number { lock = nil }
        try mayLoseAnswer()
    }

    func write(_ changes: [FileChange], _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        for change in changes where ![change.before, change.after].contains(files[change.path]) {
            throw .refused(FleetError("file-changed-since-plan", "Changed."), nil)
        }
        note(token.rollout) { backup in
            guard backup.files.isEmpty else { return }
            backup.files = changes.map {
                .init(path: $0.path, before: FileContent(bytes: $0.before), after: FileContent(bytes: $0.after))
            }
        }
        for change in changes { files[change.path] = change.after }
        try mayLoseAnswer()
    }

    func run(_ command: NodeCommand, _ token: FencingToken) throws(NodeFailure) -> Evidence {
        try requireLock(token)
        let evidence = Evidence(command: command.rawValue, output: "", exitCode: 0)
        if faults.contains(.rebuildFails) { throw .refused(FleetError("rebuild-failed", "It failed."), evidence) }
        if !faults.contains(.rebuildLies) { initramfs = files[Self.path] ?? [] }
        try mayLoseAnswer()
        return evidence
    }

    func reboot(from boot: BootID, _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        guard boot == bootID else { return }
        if faults.contains(.refusesReboot) { throw .refused(FleetError("reboot-refused", "Refused."), nil) }
        reboots += 1
        endedByReboot = runningGuests
        runningGuests = startingAtBoot.subtracting(away.keys)
        if faults.contains(.neverReturns) {
            downUntil = Timestamp(milliseconds: .max)
        } else {
            self.boot += 1
            if !faults.contains(.bootLies) { running = initramfs }
            bootedAt = time.now().adding(seconds: 5)
            downUntil = faults.contains(.losesNetwork) ? Timestamp(milliseconds: .max) : bootedAt
        }
    }

    func set(_ change: GuestChange, _ token: FencingToken) throws(NodeFailure) -> Evidence {
        try requireLock(token)
        guestCalls += 1
        guestLog += change.options.filter { $0.key == "onboot" }.map { "onboot \($0.after ?? "-")" }
        note(token.rollout) { $0.guests.append(change) }
        for option in change.options { guest[option.key] = option.after }
        try mayLoseAnswer()
        return Evidence(command: "qm set \(change.vm)", output: "", exitCode: 0)
    }

    func allBackups() throws(NodeFailure) -> [NodeBackup] {
        try requireUp()
        return backups.filter { $0.rollout != trial?.rollout || trial?.verdict != .reverted }
    }

    private func note(_ rollout: RolloutID, _ body: (inout NodeBackup) -> Void) {
        if backups.last?.rollout != rollout { backups.append(NodeBackup(rollout: rollout, files: [], guests: [])) }
        body(&backups[backups.count - 1])
    }
}

/// A connection to a simulated node: ends with the boot it was opened in.
struct SimulatedConnection: NodeOperations {
    let node: SimulatedNode

    func observe() async throws(NodeFailure) -> Observation { try await node.observe() }
    func lock(_ token: FencingToken) async throws(NodeFailure) { try await node.lock(token) }
    func unlock(_ token: FencingToken) async throws(NodeFailure) { try await node.unlock(token) }
    func write(_ changes: [FileChange], _ token: FencingToken) async throws(NodeFailure) {
        try await node.write(changes, token)
    }
    func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await node.run(command, token)
    }
    func reboot(from bootID: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await node.reboot(from: bootID, token)
    }
    func set(_ change: GuestChange, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await node.set(change, token)
    }
    func arm(withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken) async throws(NodeFailure) {
        try await node.arm(withinSeconds: withinSeconds, token)
    }
    func confirm(_ boot: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await node.confirm(boot, token)
    }
    func putBack(because reason: String, _ token: FencingToken) async throws(NodeFailure) -> Bool {
        try await node.putBack(because: reason, token)
    }
    func guardReport() async throws(NodeFailure) -> GuardReport { try await node.guardReport() }
    func shutDown(_ guests: [GuestStay], _ token: FencingToken) async throws(NodeFailure) {
        try await node.shutDown(guests, token)
    }
    func start(_ guest: GuestStay, _ token: FencingToken) async throws(NodeFailure) {
        try await node.start(guest, token)
    }
    func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook {
        try await node.migrationLook(guests)
    }
    func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace] { try await node.places(of: guests) }
    func migrate(_ journey: GuestJourney, _ token: FencingToken) async throws(NodeFailure) {
        try await node.migrate(journey, token)
    }
    func clusterLook() async throws(NodeFailure) -> ClusterLook { try await node.clusterLook() }
    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) async throws(NodeFailure) {
        try await node.tellCluster(orders, token)
    }
    func backups() async throws(NodeFailure) -> [NodeBackup] { try await node.allBackups() }
    func close() async {}
}

struct SimulatedFleet: NodeOpener {
    let nodes: [NodeName: SimulatedNode]

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        guard let simulated = nodes[node.name] else {
            throw .remote(RemoteFailure(.nameNotResolved, node: node.name, "No such node.", advice: "Name another."))
        }
        try await simulated.requireUp()
        return SimulatedConnection(node: simulated)
    }
}
