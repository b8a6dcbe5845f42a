public import Fleet
public import Store

/// How the last run of a schedule stands.
public enum ScheduleRun: String, Sendable, Codable, CaseIterable {
    case notYet = "not-yet"
    case ended
    case underWay = "under-way"
    /// It was begun, and whoever ran it is gone or was told to end: the next who runs schedules begins it again.
    case brokenOff = "broken-off"
}

extension StoredSchedule {
    /// - Parameter lease: that of `ScheduleService.leaseName`; nil = nobody has it.
    public func run(under lease: Lease?, at time: Timestamp) -> ScheduleRun {
        guard let begunAt else { return .notYet }
        guard endedAt == nil else { return .ended }
        // Who takes over begins again what was broken off, a few runs at a time.
        guard let lease, lease.isHeld(at: time), begunAt >= lease.takenAt else { return .brokenOff }
        return .underWay
    }
}
