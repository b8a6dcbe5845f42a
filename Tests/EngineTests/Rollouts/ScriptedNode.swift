import Engine
import Fleet
import Foundation
import Remote
import Store
import Testing

/// A node on which every order is the real script, run by a real shell on real files; only what a look shows is put
/// together here, as `SimulatedJudge` understands it. Its guard runs when a test lets it, and its uptime is set by hand.
final class ScriptedNode: Sendable {
    static let file = SimulatedNode.path
    let name: NodeName
    let machine: GuardedNode

    init() async throws {
        name = try #require(NodeName("pve1"))
        machine = try await GuardedNode()
        try machine.node.install("update-initramfs", "cat /etc/modprobe.d/vfio.conf >/boot/initrd.img-6.8.12")
    }

    private func text(_ path: String) -> String { machine.node.text(path) ?? "" }

    var boot: String { text("boot_id").trimmingCharacters(in: .whitespacesAndNewlines) }
    var isWanted: Bool { machine.node.bytes("." + Self.file) == SimulatedNode.wanted }
    var isLocked: Bool { machine.node.text("lib/vfiofleet/lock") != nil }

    /// Goes down and comes up: the next boot loads what is in the initramfs, and its guard looks what boot it is.
    func comeUpAgain() async throws {
        let number = Int(boot.suffix(1)) ?? 1
        try machine.node.put("running", text(GuardedNode.image))
        try await machine.boot(number + 1)
    }

    /// The guard is given the processor: with the uptime at the deadline or past it, it acts if nothing was decided.
    func runGuard() async throws {
        guard machine.isWanted else { return }
        if try await machine.runGuard() { return }
        try await comeUpAgain()
        try await machine.runGuard()
    }

    func observe() throws(NodeFailure) -> Observation {
        var facts = NodeFacts()
        facts.cluster = .known(ClusterFacts(name: nil))
        if let boot = BootID(boot) { facts.bootID = .known(boot) }
        facts.files[Self.file] = .known(FileContent(bytes: machine.node.bytes("." + Self.file)))
        facts.kernelCommandLine = .known(text("running"))
        facts.kernelLog = .known([text(GuardedNode.image)])
        if let vm = VMID("100") {
            facts.guests = .known([
                GuestFacts(
                    kind: .qemu, id: vm, configuration: .known("hostpci0: 01:00.0\n"), state: .known(.stopped),
                    processArguments: .known(nil))
            ])
        }
        return Observation(answer: StoredAnswer(raw: Array("\(boot) \(isWanted)".utf8)), facts: facts)
    }
}

/// A connection to it. A test may step in before and after each order.
struct ScriptedConnection: NodeOperations {
    enum Order: String, Sendable, CaseIterable {
        case lock, arm, write, run, reboot, confirm, unlock
    }

    typealias Step = @Sendable (Order, () async throws(NodeFailure) -> Void) async throws(NodeFailure) -> Void

    let node: ScriptedNode
    let around: Step

    private var scripts: RemoteNode { node.machine.node.operations() }

    func observe() async throws(NodeFailure) -> Observation { try node.observe() }
    func lock(_ token: FencingToken) async throws(NodeFailure) {
        try await around(.lock) { () throws(NodeFailure) in try await scripts.lock(token) }
    }
    func unlock(_ token: FencingToken) async throws(NodeFailure) {
        try await around(.unlock) { () throws(NodeFailure) in try await scripts.unlock(token) }
    }
    func write(_ changes: [FileChange], _ token: FencingToken) async throws(NodeFailure) {
        try await around(.write) { () throws(NodeFailure) in try await scripts.write(changes, token) }
    }
    func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await around(.run) { () throws(NodeFailure) in _ = try await scripts.run(command, token) }
        return Evidence(command: command.rawValue, output: "")
    }
    func reboot(from boot: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await around(.reboot) { () throws(NodeFailure) in
            let before = node.machine.reboots
            try await scripts.reboot(from: boot, token)
            if node.machine.reboots > before { try? await node.comeUpAgain() }
        }
    }
    func arm(withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken) async throws(NodeFailure) {
        try await around(.arm) { () throws(NodeFailure) in
            try await scripts.arm(withinSeconds: withinSeconds, rebuilding: commands, token)
        }
    }
    func confirm(_ boot: BootID, _ token: FencingToken) async throws(NodeFailure) {
        try await around(.confirm) { () throws(NodeFailure) in try await scripts.confirm(boot, token) }
    }
    func putBack(because reason: String, _ token: FencingToken) async throws(NodeFailure) -> Bool {
        let goesBack = try await scripts.putBack(because: reason, token)
        if try await scripts.guardReport().phase == .reverting { _ = try? await node.machine.runGuard() }
        return goesBack
    }
    func guardReport() async throws(NodeFailure) -> GuardReport { try await scripts.guardReport() }
    func set(_ change: GuestChange, _ token: FencingToken) async throws(NodeFailure) -> Evidence {
        try await scripts.set(change, token)
    }
    func shutDown(_ guests: [GuestStay], _ token: FencingToken) async throws(NodeFailure) {
        try await scripts.shutDown(guests, token)
    }
    func start(_ guest: GuestStay, _ token: FencingToken) async throws(NodeFailure) {
        try await scripts.start(guest, token)
    }
    func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook {
        try await scripts.migrationLook(guests)
    }
    func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace] { try await scripts.places(of: guests) }
    func migrate(_ journey: GuestJourney, _ token: FencingToken) async throws(NodeFailure) {
        try await scripts.migrate(journey, token)
    }
    func clusterLook() async throws(NodeFailure) -> ClusterLook { try await scripts.clusterLook() }
    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) async throws(NodeFailure) {
        try await scripts.tellCluster(orders, token)
    }
    func backups() async throws(NodeFailure) -> [NodeBackup] { try await scripts.backups() }
    func close() async {}
}

/// A controller with a database of its own, or somebody else's, and a roll-out of one scripted node.
struct ScriptedController: Sendable {
    let node: ScriptedNode
    let time: any TimeSource
    let store: Store
    var around: ScriptedConnection.Step = { _, order throws(NodeFailure) in try await order() }

    /// Seconds of the guard; the controller's own deadlines are far away.
    static let confirmWithin = 40

    static func plan(_ node: ScriptedNode, _ id: String, in store: Store, at time: Timestamp) async throws -> RolloutID
    {
        let inventory = Inventory(nodes: [Node(name: node.name, connection: .init(address: "192.0.2.1"))])
        _ = try await store.importInventory(inventory, at: time, by: "test")
        let settings = RolloutSettings(
            canaries: 0, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 100_000,
            confirmWithinSeconds: confirmWithin)
        let entry = FleetPlan.Entry(
            plan: SimulatedJudge().plan(node.name, try node.observe().facts, NodeSettings()), settings: NodeSettings(),
            facts: nil)
        let plan = FleetPlan(purpose: .apply, playbook: Playbook(name: "gpu", rollout: settings), nodes: [entry])
        let digest = try await store.save(plan, at: time)
        let rollout = Rollout(id: try #require(RolloutID(id)), of: plan, digest: digest)
        try await store.create(rollout, at: time, by: "test")
        return rollout.id
    }

    func drive(_ id: RolloutID) async throws(FleetError) -> Rollout {
        let driver = RolloutDriver(
            store: store, opener: Opener(node: node, around: around), judge: SimulatedJudge(),
            holder: LeaseHolder(description: "test"), time: time)
        return try await driver.drive(id)
    }

    private struct Opener: NodeOpener {
        let node: ScriptedNode
        let around: ScriptedConnection.Step

        func open(_: Node) async throws(NodeFailure) -> any NodeOperations {
            ScriptedConnection(node: node, around: around)
        }
    }
}
