internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct ScheduleCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "List the schedules that serve runs, with their last and next runs.",
        discussion: """
            Example:
              vfiofleet schedule --json
            """)

    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let entries = try await context.openStore().schedules().map { try ScheduleDocument($0, at: Context.now) }
        if json {
            try context.console.writeJSON(entries)
            return .good
        }
        var table = Table([
            .init("SCHEDULE"), .init("WHEN"), .init("NEXT"), .init("LAST"), .init("RESULT", flexible: true),
        ])
        for entry in entries {
            table.add([
                .init(entry.name), .init(entry.when), .init(entry.next ?? "never"), .init(entry.begunAt ?? "not yet"),
                .init(entry.words),
            ])
        }
        context.console.write(table)
        if entries.isEmpty {
            context.console.note("There are no schedules: vfiofleet serve --config FILE brings some.")
        }
        return .good
    }
}

/// `schedule --json`
struct ScheduleDocument: Encodable {
    var name: String
    var when: String
    var timeZone: String
    var playbook: String
    var nodes: String?
    /// By which moment the next run begins at the earliest.
    var next: String?
    var begunAt: String?
    var endedAt: String?
    var outcome: ScheduleOutcome?

    init(_ stored: StoredSchedule, at now: Timestamp) throws(FleetError) {
        let schedule = stored.schedule
        name = schedule.name.description
        when = schedule.cron.description
        timeZone = schedule.zone
        playbook = schedule.playbook
        nodes = schedule.selector
        let zone = schedule.zone == MaintenanceWindow.utc ? nil : try TimeZones.offsets(of: schedule.zone, from: now)
        switch Timetable(schedule, zone).decision(at: now, after: stored.anchor) {
        case .wait(let until): next = until?.iso8601
        case .run(let due): next = due.iso8601
        }
        begunAt = stored.begunAt?.iso8601
        endedAt = stored.endedAt?.iso8601
        outcome = stored.outcome
    }

    var words: String {
        if begunAt != nil, endedAt == nil { return "under way" }
        return outcome?.words ?? ""
    }
}
