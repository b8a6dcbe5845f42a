import Fleet

/// What must hold over a simulated fleet, by what its nodes are and not by what the roll-out believes of them. Limits are
/// computed here anew.
struct SimulationWatch {
    private let clusters: [NodeName: SimulatedCluster]
    private var strangersDown: [String: Int] = [:]
    /// When a member that is no part of the roll-out failed last, and when each node was last looked at before its reboot.
    private var failedAt: [String: Int] = [:]
    private var seenAt: [NodeName: Int] = [:]
    /// By the controller's clock, when the last node of an earlier wave ended.
    private var endedAt = Timestamp(milliseconds: .min)
    private var wasSuspended = false

    /// By a cluster's name.
    private let memberNames: [String: [String]]

    init(_ setup: SimulationSetup) {
        clusters = setup.clusters
        memberNames = Dictionary(grouping: setup.clusters, by: \.value).reduce(into: [:]) { names, group in
            let own = group.value.map(\.key).sorted().map(\.description)
            let others = (0..<max(0, group.key.votes - own.count)).map { "\(group.key.name)-\($0)" }
            names[group.key.name] = own + others
        }
    }

    mutating func wasLookedAt(_ node: NodeName, at now: Int) { seenAt[node] = now }

    func lastLook(at node: NodeName) -> Int { seenAt[node, default: 0] }

    mutating func stranger(of cluster: String, isDown: Bool, at now: Int) {
        strangersDown[cluster] = isDown ? 1 : 0
        failedAt[cluster] = now
    }

    // MARK: - Quorum

    func votes(of cluster: SimulatedCluster, _ members: [NodeName: SimulatedMember], _ now: Int) -> Int {
        let down = clusters.filter { $0.value == cluster && members[$0.key]?.isUp(now) == false }.count
        return cluster.votes - down - strangersDown[cluster.name, default: 0]
    }

    /// The names of all its members, in order: those that are no part of the roll-out last.
    func members(of cluster: SimulatedCluster) -> [String] { memberNames[cluster.name] ?? [] }

    /// A reboot that was ordered must not have been what took the quorum, unless nothing could be done about it: the
    /// cluster can't bear any, or another member failed since the last look.
    func quorumFlaws(of node: NodeName, _ members: [NodeName: SimulatedMember], _ now: Int) -> [String] {
        guard let cluster = clusters[node] else { return [] }
        let peers = clusters.filter { $0.value == cluster }.compactMap { members[$0.key]?.wentDownAt }
        let surprise = max(failedAt[cluster.name, default: 0], peers.max() ?? 0)
        guard surprise < seenAt[node, default: 0] else { return [] }
        let left = votes(of: cluster, members, now)
        guard left < cluster.quorum, cluster.votes - 1 >= cluster.quorum else { return [] }
        return ["\(cluster.name) is left with \(left) of \(cluster.votes) votes by the reboot of \(node)"]
    }

    // MARK: - Guests

    /// Nodes that are away and have sent their guests to this one, which is rebooted.
    func visitorFlaws(of node: NodeName, _ guests: SimulatedGuests, _ rollout: Rollout) -> [String] {
        guests.at(node).filter { $0.home != node && rollout[$0.home]?.state.step != nil }.map {
            "\(node) was rebooted under the guest \($0.vm) of \($0.home)"
        }
    }

    // MARK: - Nodes

    func flaws(of member: SimulatedMember, _ guests: SimulatedGuests, _ rollout: Rollout) -> [String] {
        var broken: [String] = []
        let tries = rollout[member.name]?.tries ?? 1
        if member.reboots > tries { broken.append("\(member.name) was rebooted \(member.reboots) times") }
        if member.reverts > tries { broken.append("\(member.name) put itself back \(member.reverts) times") }
        let isTouched = member.isOnDisk || member.lock != nil || guests.isAnySet(member.name)
        if tries == 1, isTouched, !member.hasHistory, rollout[member.name]?.state == .queued {
            broken.append("\(member.name) was touched before its turn")
        }
        return broken
    }

    // MARK: - Limits

    /// What is wrong about the nodes that an event set going.
    mutating func flaws(from before: Rollout, to after: Rollout, at event: RolloutEvent) -> [String] {
        defer { note(before, after, event) }
        let started = after.changed.sorted().map { after.nodes[$0] }.filter {
            $0.state.step != nil && before[$0.node]?.state == .queued
        }
        guard let first = started.first else { return [] }
        var broken = started.flatMap { SimulatedClocks.flaws(of: $0, in: after, at: event.at) }
        let active = after.nodes.filter { $0.state.step != nil }
        let limit = Self.limit(in: after.wave, after)
        if active.count > limit { broken.append("\(active.count) nodes are under way where \(limit) may be") }
        for (cluster, nodes) in Dictionary(grouping: active, by: { clusters[$0.node] })
        where cluster != nil && nodes.count > after.settings.perCluster.of(clusters.values.count { $0 == cluster }) {
            broken.append("\(nodes.count) nodes of one cluster are under way")
        }
        let failed = before.nodes.filter { $0.state.result?.problem != nil }
        let isCanary = after.settings.canaries > 0
        if failed.count > after.settings.failureBudget || (isCanary && failed.contains { $0.wave == 0 }) {
            broken.append("\(first.node) begins after \(failed.map(\.node)) failed")
        }
        let orders: [RolloutEvent.Kind] = [.abort, .suspend]
        if orders.contains(event.kind) { broken.append("\(first.node) begins by \(event.kind)") }
        if let early = startsEarly(first, before, event) { broken.append(early) }
        return broken
    }

    private static func limit(in wave: Int, _ rollout: Rollout) -> Int {
        let (work, settings) = (rollout.nodes.count(where: \.hasWork), rollout.settings)
        if settings.canaries > 0, wave == 0 { return settings.canaries }
        switch settings.maxUnavailable ?? settings.batch {
        case .count(let count): return max(1, count)
        case .percent(let share): return max(1, work * share / 100)
        }
    }

    /// An operator who resumes a suspended roll-out does not wait for the pause any more.
    private func startsEarly(_ run: NodeRun, _ before: Rollout, _ event: RolloutEvent) -> String? {
        let isFirst = before.nodes.allSatisfy { $0.wave != run.wave || $0.state == .queued || !$0.isTouched }
        // With a node that was taken up again, its wave has begun already.
        guard !wasSuspended, before.nodes.allSatisfy({ $0.tries == 1 }), isFirst, run.wave > 0 else { return nil }
        // The pause was over when it began to wait for something else; clocks may have jumped since.
        if case .waiting = before.phase { return nil }
        // Of a wave that was skipped as a whole, there is no end to count from.
        guard before.nodes.contains(where: { $0.wave == run.wave - 1 && $0.isTouched }) else { return nil }
        let settings = before.settings
        let isAfterCanaries = settings.canaries > 0 && run.wave == 1
        let pause = isAfterCanaries ? settings.soakSeconds ?? settings.pauseSeconds : settings.pauseSeconds
        // Where one is under way still, it ends by this very event.
        let end = before.nodes.contains { $0.state.step != nil } ? event.at : endedAt
        guard event.at < end.adding(seconds: pause) else { return nil }
        return "wave \(run.wave) begins before the pause of \(pause) s is over"
    }

    private mutating func note(_ before: Rollout, _ after: Rollout, _ event: RolloutEvent) {
        for run in after.changed.map({ after.nodes[$0] })
        where run.state.result != nil && before[run.node]?.state.step != nil {
            endedAt = event.at
            wasSuspended = false
        }
        if after.phase == .suspended || event.kind == .suspend { wasSuspended = true }
    }
}

extension NodeRun {
    /// It has had its turn.
    fileprivate var isTouched: Bool { hasWork && state != .queued && state.result != .skipped }
}

/// A Proxmox cluster; some of its members are no part of the roll-out.
struct SimulatedCluster: Hashable {
    var name: String
    var votes: Int
    var quorum: Int { votes / 2 + 1 }
}
