import Fleet
import Foundation
import TestSupport

/// A roll-out over a simulated fleet, with the driver's part played by one queue of events in virtual time: effects take
/// their time and may lose their answers, the controller dies between any two of them and is resumed from what it had
/// written, clocks jump, members of clusters fail that nobody touched. One seed, one course.
struct Simulation {
    private(set) var rollout: Rollout
    private(set) var members: [NodeName: SimulatedMember] = [:]
    /// What happened, a line each: two runs of one seed have the same.
    private(set) var trace: [String] = []
    /// What must not be and was; the run ends with the first.
    private(set) var broken: [String] = []
    private var random: SeededNumbers
    private var now = 1_000
    /// How far the controller's clock is off.
    private var skew = 0
    private var queue: [Item] = []
    private var count = 0
    private var token: FencingToken
    /// Grows when the controller dies: what it began before is nobody's any more.
    private var life = 1
    private let clusters: [NodeName: SimulatedCluster]
    private var strangersDown: [String: Int] = [:]
    /// When a stranger failed last, and when each node was last looked at before its reboot.
    private var strangerFailedAt: [String: Int] = [:]
    private var provenAt: [NodeName: Int] = [:]

    private struct Item {
        enum Kind {
            case effect(NodeEffect, FencingToken, life: Int)
            case tick(life: Int)
            case crash
            case order(RolloutOrder)
            case strangerFails(String)
        }

        var at: Int
        var number: Int
        var kind: Kind
    }

    init(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let setup = try SimulationSetup(&random)
        rollout = setup.rollout
        members = setup.members
        clusters = setup.clusters
        token = FencingToken(number: 1, rollout: rollout.id)
        self.random = random
        for cluster in Set(clusters.values).sorted(by: { $0.name < $1.name })
        where Int.random(in: 0..<3, using: &self.random) == 0 {
            add(.strangerFails(cluster.name), in: Int.random(in: 0...600, using: &self.random))
        }
        for _ in 0..<max(0, Int.random(in: -2...3, using: &self.random)) {
            add(.crash, in: Int.random(in: 1...900, using: &self.random))
        }
        if Int.random(in: 0..<10, using: &self.random) == 0, let node = rollout.nodes.last?.node {
            let order = [RolloutOrder.suspend, .abort, .skip(node)].randomElement(using: &self.random) ?? .suspend
            add(.order(order), in: Int.random(in: 1...500, using: &self.random))
        }
    }

    /// Runs it to its end, or to the first thing that must not be.
    mutating func run() {
        handle(.start)
        var steps = 0
        while !rollout.isEnded, broken.isEmpty {
            steps += 1
            guard steps < 20_000, let item = pop() else {
                broken.append("it does not end: \(rollout.phase)")
                return
            }
            now = max(now, item.at)
            carryOut(item.kind)
            checkFleet()
            if rollout.phase == .suspended { handle(.resume) }
        }
        if broken.isEmpty { checkEnd() }
    }

    // MARK: - Events

    private mutating func carryOut(_ kind: Item.Kind) {
        switch kind {
        case .effect(let effect, let token, let life): obey(effect, token, life)
        case .tick(let life): if life == self.life { handle(.tick) }
        case .crash: crash()
        case .order(let order): handle(.init(order))
        case .strangerFails(let cluster):
            strangersDown[cluster, default: 0] += 1
            strangerFailedAt[cluster] = now
            trace.append("\(now) a member of \(cluster) fails")
        }
    }

    private mutating func handle(_ kind: RolloutEvent.Kind) {
        let event = RolloutEvent(at: clock, kind)
        guard case .accepted(let effects) = rollout.handle(event) else { return }
        trace.append("\(now) \(kind)")
        broken += rollout.check()
        for effect in effects {
            switch effect {
            case .wake(let at): add(.tick(life: life), in: max(0, at.seconds - clock.seconds))
            case .node(let effect):
                add(.effect(effect, token, life: life), in: Int.random(in: 0...3, using: &random))
            }
        }
    }

    private mutating func obey(_ effect: NodeEffect, _ token: FencingToken, _ life: Int) {
        // Orders that a dead controller had sent may still arrive; looks are its own.
        guard life == self.life || Bool.random(using: &random), var member = members[effect.id.node] else { return }
        let isLost = Int.random(in: 0..<40, using: &random)
        if isLost == 0 { return answer(effect, .unreachable, life) }
        let reboots = member.reboots
        let look = member.obey(effect.action, token, at: now, bears: bears(member.name))
        members[member.name] = member
        if case .proveDisk = effect.action { provenAt[member.name] = now }
        if member.reboots > reboots { checkQuorum(of: member.name) }
        answer(effect, isLost == 1 ? .unreachable : look, life)
    }

    private mutating func answer(_ effect: NodeEffect, _ look: SimulatedLook, _ life: Int) {
        guard life == self.life else { return }
        switch look {
        case .outcome(let outcome): handle(.finished(effect.id, outcome))
        case .again: add(.effect(effect, token, life: life), in: 2)
        }
    }

    /// Only what was written survives. The clock of another machine may differ.
    private mutating func crash() {
        trace.append("\(now) the controller dies")
        do {
            let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
            let header = try decoder.decode(Rollout.Header.self, from: encoder.encode(rollout.header))
            let nodes = try decoder.decode([NodeRun].self, from: encoder.encode(rollout.nodes))
            let read = Rollout(header: header, nodes: nodes)
            if read != rollout { broken.append("it is not read as it was written") }
            rollout = read
        } catch { broken.append("it can't be read again: \(error)") }
        life += 1
        token.number += 1
        skew += Int.random(in: -30...30, using: &random)
        now += Int.random(in: 0...120, using: &random)
        handle(.resume)
    }

    private var clock: Timestamp { Timestamp(milliseconds: Int64(now + skew) * 1000) }

    private mutating func add(_ kind: Item.Kind, in seconds: Int) {
        count += 1
        queue.append(Item(at: now + seconds, number: count, kind: kind))
    }

    private mutating func pop() -> Item? {
        guard let next = queue.indices.min(by: { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) })
        else { return nil }
        return queue.remove(at: next)
    }

    // MARK: - Clusters

    private func votes(of cluster: SimulatedCluster) -> Int {
        let down = clusters.filter { $0.value == cluster && members[$0.key]?.isUp(now) == false }.count
        return cluster.votes - down - strangersDown[cluster.name, default: 0]
    }

    /// As `NodeWorker` decides it.
    private func bears(_ node: NodeName) -> Bool {
        guard let cluster = clusters[node] else { return true }
        let others = min(clusters.values.count { $0 == cluster }, rollout.settings.perCluster) - 1
        return votes(of: cluster) - 1 - others >= cluster.quorum || (others == 0 && cluster.votes - 1 < cluster.quorum)
    }

    /// A reboot that was ordered must not have been what took the quorum, unless nothing could be done about it: the
    /// cluster can't bear any, or somebody else's node failed since the last look.
    private mutating func checkQuorum(of node: NodeName) {
        guard let cluster = clusters[node],
            strangerFailedAt[cluster.name, default: 0] < provenAt[node, default: 0]
        else { return }
        let left = votes(of: cluster)
        if left < cluster.quorum, cluster.votes - 1 >= cluster.quorum {
            broken.append("\(cluster.name) is left with \(left) of \(cluster.votes) votes by the reboot of \(node)")
        }
    }

    // MARK: - What must hold

    private mutating func checkFleet() {
        for member in members.values {
            if member.reboots > 1 { broken.append("\(member.name) was rebooted \(member.reboots) times") }
            if member.reverts > 1 { broken.append("\(member.name) put itself back \(member.reverts) times") }
            if rollout[member.name]?.state == .queued, member.isOnDisk || member.lock != nil {
                broken.append("\(member.name) was touched before its turn")
            }
        }
    }

    private mutating func checkEnd() {
        for run in rollout.nodes where run.hasWork {
            guard var member = members[run.node], let result = run.state.result else {
                broken.append("\(run.node) is not accounted for")
                continue
            }
            member.live(until: now)
            if let flaw = member.flaw(in: result, run) { broken.append("\(run.node) is \(run.state.word): \(flaw)") }
        }
    }
}

extension SimulatedMember {
    /// What contradicts that its roll-out ended so.
    func flaw(in result: NodeResult, _ run: NodeRun) -> String? {
        let isLocked = lock != nil && result.problem?.leftLocked != true
        if isLocked { return "its lock was forgotten" }
        switch result {
        case .verified:
            if run.work.writesFiles, !isOnDisk { return "its files are not there" }
            if run.work.reboots, !isRunning { return "its devices are not bound" }
            if run.work.reboots, trial != .confirmed, trial != .none { return "it is not confirmed" }
            if guests != Set(run.work.guests) { return "a guest was forgotten" }
        case .held, .skipped: if isOnDisk || reboots > 0 { return "it was touched" }
        case .reverted: if isOnDisk || isRunning || trial != .reverted { return "it is not back as it was" }
        case .failed, .lost: break
        }
        return nil
    }
}

/// A Proxmox cluster; some of its members are no part of the roll-out.
struct SimulatedCluster: Hashable {
    var name: String
    var votes: Int
    var quorum: Int { votes / 2 + 1 }
}
