internal import Engine
package import Fleet
package import Store

/// How old the last look at a node may be before what it said counts no longer as what is so.
///
/// Twice the longest pause of a schedule of the same playbook that is for the node, and at least an hour; two days where no
/// schedule is.
package struct Freshness: Sendable {
    private struct Limit: Sendable {
        var playbook: String
        var nodes: Set<NodeName>
        var seconds: Int
    }

    private let limits: [Limit]
    private let now: Timestamp

    private static let withoutSchedule = 2 * 86_400
    private static let least = 3600

    package init(_ schedules: [StoredSchedule], _ inventory: [Node], at now: Timestamp) {
        self.now = now
        limits = schedules.compactMap { stored in
            guard let playbook = stored.outcome?.playbook,
                let pause = try? stored.schedule.longestPause(after: now)
            else { return nil }
            return Limit(
                playbook: playbook, nodes: Self.names(stored.schedule, inventory), seconds: max(Self.least, 2 * pause))
        }
    }

    private static func names(_ schedule: Schedule, _ inventory: [Node]) -> Set<NodeName> {
        guard let text = schedule.selector else { return Set(inventory.map(\.name)) }
        let selection = try? Selector(parsing: text).select(from: Inventory(nodes: inventory))
        return Set(selection?.nodes.map(\.name) ?? [])
    }

    /// The last look at a node, where that is too long ago; nil = it is not, or there never was one.
    ///
    /// Of a node that schedules look at, each of their looks counts; of another one the newest. `looks`: all of the node.
    package func staleSince(_ node: NodeName, _ looks: [Verification]) -> Timestamp? {
        let seen = looks.compactMap { look in
            look.observedAt.map { (at: $0, limit: limit(of: node, look.playbook)) }
        }
        let scheduled = seen.filter { $0.limit != nil }
        guard scheduled.isEmpty else {
            return scheduled.filter { isOlder($0.at, than: $0.limit ?? 0) }.map(\.at).min()
        }
        return seen.map(\.at).max().flatMap { isOlder($0, than: Self.withoutSchedule) ? $0 : nil }
    }

    private func limit(of node: NodeName, _ playbook: String) -> Int? {
        limits.filter { $0.playbook == playbook && $0.nodes.contains(node) }.map(\.seconds).min()
    }

    private func isOlder(_ time: Timestamp, than seconds: Int) -> Bool { time.adding(seconds: seconds) < now }
}

extension Schedule {
    /// Seconds; the longest between its next runs.
    fileprivate func longestPause(after now: Timestamp) throws(FleetError) -> Int? {
        let timetable = try timetable(at: now)
        var (times, last) = ([Timestamp](), now)
        while times.count < 9, let next = timetable.next(after: last) {
            times.append(next)
            last = next
        }
        let pauses = zip(times, times.dropFirst()).map { Int(($1.milliseconds - $0.milliseconds) / 1000) }
        return pauses.max().map { $0 + jitterSeconds }
    }

    func timetable(at now: Timestamp) throws(FleetError) -> Timetable {
        Timetable(self, zone == MaintenanceWindow.utc ? nil : try TimeZones.offsets(of: zone, from: now))
    }
}

extension StoredSchedule {
    private static let patience = 15 * 60

    /// Since when a run is due that was not begun, or has not ended long after the next one was due; nil = all goes as it
    /// should.
    package func lateSince(at now: Timestamp) throws(FleetError) -> Timestamp? {
        let timetable = try schedule.timetable(at: now)
        if isUnfinished {
            guard let next = begunAt.flatMap({ timetable.next(after: $0) }) else { return nil }
            return isOver(next, at: now) ? next : nil
        }
        guard case .run(let due) = timetable.decision(at: now, after: anchor) else { return nil }
        return isOver(due, at: now) ? due : nil
    }

    private func isOver(_ due: Timestamp, at now: Timestamp) -> Bool {
        due.adding(seconds: schedule.jitterSeconds + Self.patience) < now
    }
}
