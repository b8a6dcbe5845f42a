/// How long nodes took, from their lock to their end: what an estimate of the time left rests on.
public struct RolloutPace: Sendable {
    /// In seconds and in order, by whether they were rebooted.
    private var taken: [Bool: [Int]] = [:]

    /// Only nodes that were proven tell anything: a failure ends earlier, or much later.
    public init(of rollouts: some Sequence<Rollout>) {
        for run in rollouts.lazy.flatMap(\.nodes) where run.state.result == .verified {
            guard let begun = run.begunAt, let ended = run.endedAt, ended > begun else { continue }
            taken[run.work.reboots, default: []].append(ended.seconds(since: begun))
        }
        for kind in taken.keys { taken[kind]?.sort() }
    }

    /// The median, as one node that waited for an absent controller shall not count for all; nil = none is known.
    func seconds(reboots: Bool) -> Int? {
        guard let times = taken[reboots], !times.isEmpty else { return nil }
        return times[times.count / 2]
    }
}

/// How long a node mostly takes from its lock to its end, as earlier roll-outs tell.
public struct TypicalSeconds: Hashable, Sendable, Codable {
    /// Nil = nothing is known.
    public var rebooted: Int?
    public var others: Int?

    public init(_ pace: RolloutPace) {
        rebooted = pace.seconds(reboots: true)
        others = pace.seconds(reboots: false)
    }

    func seconds(reboots: Bool) -> Int? { reboots ? rebooted : others }
}

extension NodeRun {
    mutating func stamp(_ time: Timestamp) {
        switch state {
        case .active: if begunAt == nil { begunAt = time }
        case .ended: if begunAt != nil, endedAt == nil { endedAt = time }
        case .queued, .leftAlone: break
        }
    }
}

extension Timestamp {
    fileprivate func seconds(since earlier: Timestamp) -> Int {
        let (difference, tooLong) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return tooLong ? .max : Int(clamping: difference / 1000)
    }
}

extension Rollout {
    /// About how long it takes until every node has ended, if each takes as long as those done did and none fails; with its
    /// pauses, limits and maintenance windows. For one that is suspended: from when it is resumed.
    ///
    /// Nil where nothing is known about nodes like those that are left, neither from this roll-out nor from `earlier`.
    public func secondsLeft(at time: Timestamp, earlier: RolloutPace? = nil) -> Int? {
        guard !isEnded else { return nil }
        let own = RolloutPace(of: [self])
        let paces = Dictionary(
            uniqueKeysWithValues: [true, false].map { kind in
                (kind, own.seconds(reboots: kind) ?? earlier?.seconds(reboots: kind))
            })
        var course = Course(of: self, at: time) { paces[$0.work.reboots] ?? nil }
        return course.secondsToEnd()
    }
}

/// A roll-out, played to its end by its own schedule.
private struct Course {
    private var rollout: Rollout
    private let start: Timestamp
    private let seconds: (NodeRun) -> Int?
    /// When the nodes under way will be done.
    private var ends: [Int: Timestamp] = [:]
    private let open: Int

    /// Of a long course the beginning tells the rest.
    private static let nodesLookedAt = 2_000_000

    init(of rollout: Rollout, at time: Timestamp, seconds: @escaping (NodeRun) -> Int?) {
        self.rollout = rollout
        // When others will be done is not known.
        self.rollout.elsewhere = []
        self.seconds = seconds
        start = time
        open = rollout.nodes.count { $0.hasWork && $0.state.result == nil }
        switch rollout.phase {
        case .ready, .suspended, .draining, .waiting(until: .endOfTime): self.rollout.phase = .running
        case .running, .pausing, .waiting, .stopping, .ended: break
        }
    }

    mutating func secondsToEnd() -> Int? {
        let isStopping = if case .stopping = rollout.phase { true } else { false }
        let kinds = rollout.nodes.filter { $0.state.step != nil || ($0.state == .queued && !isStopping) }
        guard kinds.allSatisfy({ seconds($0) != nil }) else { return nil }
        for position in rollout.nodes.indices where rollout.nodes[position].state.step != nil {
            let begun = rollout.nodes[position].begunAt ?? start
            ends[position] = max(start, begun.adding(seconds: seconds(rollout.nodes[position]) ?? 0))
        }
        var time = start
        for _ in 0..<max(20, Self.nodesLookedAt / max(1, rollout.nodes.count)) {
            admit(at: time)
            if rollout.isEnded { return passed(until: time) }
            guard let next = pass() else { return nil }
            time = next
        }
        let done = ends.count { rollout.nodes[$0.key].state.result != nil }
        let passed = passed(until: time)
        return done > 0 && passed < 1_000_000_000 ? passed * open / done : nil
    }

    private func passed(until time: Timestamp) -> Int { time.seconds(since: start) }

    private mutating func admit(at time: Timestamp) {
        rollout.standing.update(rollout.changed, rollout.nodes)
        rollout.changed = []
        _ = rollout.schedule(at: time)
        rollout.standing.update(rollout.changed, rollout.nodes)
        for position in rollout.changed where rollout.nodes[position].state.step != nil {
            ends[position] = time.adding(seconds: seconds(rollout.nodes[position]) ?? 0)
        }
    }

    /// Until something happens: a wait is over, or nodes are done.
    private mutating func pass() -> Timestamp? {
        switch rollout.phase {
        case .pausing(let until), .waiting(let until):
            rollout.changed = []
            rollout.phase = .running
            return until
        default:
            let active = ends.filter { rollout.nodes[$0.key].state.step != nil }
            guard let next = active.values.min() else { return nil }
            rollout.changed = []
            for (position, end) in active where end <= next {
                rollout.nodes[position].state = .ended(.verified)
                rollout.changed.insert(position)
            }
            return next
        }
    }
}
