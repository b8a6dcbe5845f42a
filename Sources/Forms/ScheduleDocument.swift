package import Fleet
package import Store

/// `schedule --json`
package struct ScheduleDocument: Encodable {
    package var name: String
    package var when: String
    package var timeZone: String
    package var playbook: String
    package var nodes: String?
    /// By which moment the next run begins at the earliest.
    package var next: String?
    package var begunAt: String?
    package var endedAt: String?
    package var outcome: ScheduleOutcome?
    /// Since when a run is overdue.
    package var lateSince: String?

    package init(_ stored: StoredSchedule, at now: Timestamp) throws(FleetError) {
        let schedule = stored.schedule
        name = schedule.name.description
        when = schedule.cron.description
        timeZone = schedule.zone
        playbook = schedule.playbook
        nodes = schedule.selector
        switch try schedule.timetable(at: now).decision(at: now, after: stored.anchor) {
        case .wait(let until): next = until?.iso8601
        case .run(let due): next = due.iso8601
        }
        begunAt = stored.begunAt?.iso8601
        endedAt = stored.endedAt?.iso8601
        outcome = stored.outcome
        lateSince = try stored.lateSince(at: now)?.iso8601
    }

    package var words: String {
        if begunAt != nil, endedAt == nil { return "under way" }
        return outcome?.words ?? ""
    }
}
