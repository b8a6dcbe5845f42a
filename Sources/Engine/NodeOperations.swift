public import Fleet
public import Probe
public import Remote
public import Store

/// Everything the tool can do to one node, each a command that can be issued twice without harm.
///
/// None of these proves anything by returning: the caller looks again (`observe`) and believes only that.
public protocol NodeOperations: Sendable {
    /// Runs the probe: one round trip, changes nothing.
    func observe() async throws(NodeFailure) -> Observation

    /// Takes the node's lock for a roll-out; the lock stays through reboots. Refused (`node-locked`) while another
    /// roll-out holds it, and (`fencing-token-outdated`) when the node has seen a higher number, or the same for another
    /// roll-out. The roll-out that holds it may take it again with a higher number: that is how it is resumed.
    func lock(_ token: FencingToken) async throws(NodeFailure)

    /// Gives the lock back. Without effect when it is not held.
    func unlock(_ token: FencingToken) async throws(NodeFailure)

    /// Backs every file up byte for byte, with mode and owner (once per roll-out; a second call keeps the first backup),
    /// then replaces each atomically. Refused (`file-changed-since-plan`) before anything is touched when a file is neither as `before`
    /// nor as `after`.
    func write(_ changes: [FileChange], _ token: FencingToken) async throws(NodeFailure)

    /// Sets the node's guard up, before anything is changed: in any other boot than this one it puts the node back unless
    /// `confirm` comes within so many seconds of that boot. `commands`: what will be run; what they make anew is copied
    /// before. The orders that follow move it to the boot in which they are carried out.
    func arm(withinSeconds: Int, rebuilding commands: [NodeCommand], _ token: FencingToken) async throws(NodeFailure)

    /// Keeps the new settings, in this boot. Returns only when the node's guard was seen to accept it. Refused:
    /// `services-not-back` (may pass), `confirmed-too-late`, `boot-changed`, `guard-missing`.
    func confirm(_ boot: BootID, _ token: FencingToken) async throws(NodeFailure)

    /// Tells the guard to put the node back now instead of at its deadline, or, in the boot that armed it, what is on the disk.
    /// Without effect once it is decided. True = the guard has something to put back.
    func putBack(because reason: String, _ token: FencingToken) async throws(NodeFailure) -> Bool

    /// How far the guard is. Needs no lock.
    func guardReport() async throws(NodeFailure) -> GuardReport

    /// Runs one rebuild command and returns what it printed.
    func run(_ command: NodeCommand, _ token: FencingToken) async throws(NodeFailure) -> Evidence

    /// Orders the reboot, only if the boot id still is `bootID`; does nothing, and succeeds, when the node runs another
    /// boot already. Returns when the order was taken; losing the connection meanwhile counts as taken.
    func reboot(from bootID: BootID, _ token: FencingToken) async throws(NodeFailure)

    /// Sets guest options with `qm set`, in one call, guarded by the configuration's digest; backs the configuration up and
    /// notes what was set.
    func set(_ change: GuestChange, _ token: FencingToken) async throws(NodeFailure) -> Evidence

    /// Shuts guests down together and waits for each as long as it may take. Those that do not run are left alone.
    /// Refused: `guest-not-stopped`, with what the node said about each that runs on.
    func shutDown(_ guests: [GuestStay], _ token: FencingToken) async throws(NodeFailure)

    /// Starts a guest and waits until the node says that it runs. Without effect when it does. Refused:
    /// `guest-missing`, `guest-not-started`.
    func start(_ guest: GuestStay, _ token: FencingToken) async throws(NodeFailure)

    /// Where guests of this node may be migrated to. Needs no lock. Refused: `migration-unknown`.
    func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook

    /// Where guests of its cluster are, and whether they run. Needs no lock. Refused: `guest-place-unknown`.
    func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace]

    /// Migrates a guest from one member of the cluster to another, this node being either. Without effect when it is there.
    /// Refused: `guest-missing`, `guest-locked`, `guest-not-migrated`, `cluster-not-quorate`.
    func migrate(_ journey: GuestJourney, _ token: FencingToken) async throws(NodeFailure)

    /// How the node stands in its cluster. Needs no lock. Refused where that can't be told: `ha-unknown`, `ceph-unknown`.
    func clusterLook() async throws(NodeFailure) -> ClusterLook

    /// Tells the cluster that the node goes away, or is back. Refused: `ha-order-refused`, `ceph-order-refused`.
    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) async throws(NodeFailure)

    /// What the backups of earlier roll-outs hold, oldest first.
    func backups() async throws(NodeFailure) -> [NodeBackup]

    /// Ends the connection.
    func close() async
}

/// A guest's way from one member of its cluster to another, by Proxmox' names of them.
public struct GuestJourney: Hashable, Sendable {
    public var vm: VMID
    public var from: String
    /// Nil = the node that is told to do it.
    public var to: String?
    /// It runs, and goes on running.
    public var isOnline: Bool

    public init(vm: VMID, from: String, to: String?, isOnline: Bool) {
        self.vm = vm
        self.from = from
        self.to = to
        self.isOnline = isOnline
    }
}

/// Opens operations on nodes.
public protocol NodeOpener: Sendable {
    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations

    /// One look, through a connection of its own unless said otherwise.
    func observe(_ node: Node) async throws(NodeFailure) -> Observation
}

/// One look at a node: the probe's own words, and what they say.
///
/// A class, because facts take kilobytes: as a value, each function that waits on the way would hold room for them of its
/// own, for every node under way.
public final class Observation: Sendable {
    public let answer: StoredAnswer
    public let facts: NodeFacts

    public init(answer: StoredAnswer, facts: NodeFacts) {
        self.answer = answer
        self.facts = facts
    }

    public convenience init(_ answer: ProbeAnswer, reading reader: AnswerReader) {
        self.init(answer: StoredAnswer(answer), facts: reader.facts(of: answer))
    }

    public var raw: [UInt8] { answer.raw }
}

public enum NodeFailure: Error, Hashable, Sendable {
    /// The node could not be talked to.
    case remote(RemoteFailure)
    /// The node answered, and refused or failed.
    case refused(FleetError, Evidence?)
}
