import Engine
import Fleet
import TestSupport

/// The nodes of a simulated fleet, their guests and their clusters, as they are at one moment; and what must hold of them.
final class FleetModel: @unchecked Sendable {
    private(set) var rollout: RolloutID
    private(set) var members: [NodeName: SimulatedMember]
    var guests: SimulatedGuests
    private let clusters: [NodeName: SimulatedCluster]
    var watch: SimulationWatch
    var now = 1_000
    /// The roll-out as it was journalled last.
    var kept: Rollout
    private(set) var broken: [String] = []
    /// Guests that somebody has elsewhere by now, so that nobody owes them any more.
    var renounced = ""

    init(_ setup: SimulationSetup) {
        rollout = setup.rollout.id
        members = setup.members
        guests = setup.guests
        clusters = setup.clusters
        watch = SimulationWatch(setup)
        kept = setup.rollout
    }

    /// Has a node do what it would have done by now, and then what `body` has it do.
    func with<Value, Failure: Error>(
        _ node: NodeName, isLook: Bool = false, _ body: (inout SimulatedMember) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        guard var member = members[node] else { preconditionFailure("no such node: \(node)") }
        let (boot, trial) = (member.boot, member.trial)
        member.live(until: now)
        if member.trial != trial { settle(member, since: boot) }
        let (second, reboots) = (member.boot, member.reboots)
        defer {
            if !isLook { settle(member, since: second) }
            if member.reboots > reboots { judgeReboot(of: member) }
        }
        return try body(&member)
    }

    private func settle(_ member: SimulatedMember, since boot: Int) {
        if member.boot != boot { guests.restart(member, lookedAt: watch.lastLook(at: member.name)) }
        members[member.name] = member
        broken += watch.flaws(of: member, guests, kept)
        guard !guests.broken.isEmpty else { return }
        broken += guests.broken
        guests.broken = []
    }

    private func judgeReboot(of member: SimulatedMember) {
        broken +=
            watch.quorumFlaws(of: member.name, members, now)
            + member.tieFlaws(lookedAt: watch.lastLook(at: member.name))
        broken += watch.visitorFlaws(of: member.name, guests, kept)
    }

    /// The roll-out that comes after the first, over some of its nodes.
    func begin(_ next: Rollout) {
        rollout = next.id
        kept = next
        for run in next.nodes { members[run.node]?.beginAgain() }
    }

    func takeBroken() -> [String] {
        defer { broken = [] }
        return broken
    }

    func noteLook(at node: NodeName) { watch.wasLookedAt(node, at: now) }

    // MARK: - What a look shows

    func facts(of member: SimulatedMember) -> NodeFacts {
        var facts = Self.nothing
        facts.bootID = .known(member.bootID)
        facts.hostName = .known(member.name.description)
        for change in member.work.files {
            facts.files[change.path] = .known(
                FileContent(bytes: member.isOnDisk ? change.after : change.before))
        }
        facts.kernelCommandLine = .known(member.isRunning ? SimulatedDomain.lineAfter : SimulatedDomain.lineBefore)
        let newer = member.isInImage == member.isOnDisk ? [] : member.work.files.map(\.path)
        facts.initramfs = .known([
            InitramfsImage(
                kernel: "6.8.12", path: "/boot/initrd.img-6.8.12", modules: .known([]), configurationFiles: .known([]),
                newerInputs: .known(newer))
        ])
        facts.guests = .known(guests.at(member.name).map(\.facts))
        facts.cluster = .known(clusterFacts(of: member.name))
        return facts
    }

    private static let nothing: NodeFacts = {
        var facts = NodeFacts()
        facts.boot.loader = .known(.grub)
        return facts
    }()

    private func clusterFacts(of node: NodeName) -> ClusterFacts {
        guard let cluster = clusters[node] else { return ClusterFacts(name: nil) }
        let present = watch.votes(of: cluster, members, now)
        let names = watch.members(of: cluster)
        return ClusterFacts(
            name: cluster.name, quorate: present >= cluster.quorum, expectedVotes: cluster.votes, totalVotes: present,
            quorum: cluster.quorum,
            members: names.map { .init(name: $0, votes: 1, isLocal: $0 == node.description) })
    }

    // MARK: - Migration

    /// The other members of a node's cluster that are up, those first that are part of the roll-out.
    func targets(from node: NodeName) -> [MigrationLook.Member] {
        guard let cluster = clusters[node] else { return [] }
        let names = watch.members(of: cluster).filter { $0 != node.description && isUp($0) }
        return names.enumerated().map { .init(name: $1, freeMemory: (names.count - $0) << 32) }
    }

    func cluster(of node: NodeName) -> String? { clusters[node]?.name }

    private func isUp(_ place: String) -> Bool { NodeName(place).flatMap { members[$0] }?.isUp(now) ?? true }

    func migrate(_ journey: GuestJourney, _ member: SimulatedMember) throws(FleetError) {
        let here = member.name.description
        let (target, place) = (journey.to ?? here, guests.place(of: journey.vm).host)
        if place == target { return }
        guard place == journey.from else { throw .simulated("guest-missing") }
        guard isUp(target), isUp(journey.from) else { throw .simulated("guest-not-migrated") }
        if target == here {
            if member.fate == .guestStaysAway, member.reboots > 0 { throw .simulated("guest-not-migrated") }
        } else {
            if member.fate == .migrationFails { throw .simulated("guest-not-migrated") }
            if member.fate == .migrationLies { return }
        }
        guests.move(journey.vm, to: target, isRunning: journey.isOnline)
    }
}
