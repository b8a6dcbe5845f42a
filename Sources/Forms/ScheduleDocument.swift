package import Engine
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
    /// How the last run stands.
    package var run: ScheduleRun
    package var outcome: ScheduleOutcome?
    /// Since when a run is overdue.
    package var lateSince: String?

    /// - Parameter lease: that of who runs schedules; nil = nobody has it.
    package init(_ stored: StoredSchedule, under lease: Lease?, at now: Timestamp) throws(FleetError) {
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
        run = stored.run(under: lease, at: now)
        outcome = stored.outcome
        lateSince = try stored.lateSince(at: now)?.iso8601
    }

    package var words: String {
        switch run {
        case .underWay: "under way"
        case .brokenOff: "broken off; serve begins it again"
        case .notYet, .ended: outcome?.words ?? ""
        }
    }

    /// All that run, by name.
    package static func all(in store: Store, at now: Timestamp) async throws(FleetError) -> [ScheduleDocument] {
        // In this order: a run that is taken over in between is not told as broken off.
        let (schedules, lease) = (try await store.schedules(), try await store.lease(ScheduleService.leaseName))
        var documents: [ScheduleDocument] = []
        for stored in schedules { documents.append(try ScheduleDocument(stored, under: lease, at: now)) }
        return documents
    }
}
