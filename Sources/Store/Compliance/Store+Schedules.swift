public import Fleet
import Foundation
internal import GRDB

/// A schedule with its last run.
public struct StoredSchedule: Hashable, Sendable {
    public var schedule: Schedule
    public var knownSince: Timestamp
    /// When the last run began; nil = none did yet.
    public var begunAt: Timestamp?
    /// When the last run ended; nil = it has not, or was broken off.
    public var endedAt: Timestamp?
    /// What the last run that ended came to.
    public var outcome: ScheduleOutcome?

    /// From when on the next run is counted.
    public var anchor: Timestamp { begunAt ?? knownSince }
    /// Its last run was begun and has not ended: it is under way, or whoever ran it did not come to its end.
    public var isUnfinished: Bool { begunAt != nil && endedAt == nil }
}

/// What a run of a schedule came to.
public struct ScheduleOutcome: Hashable, Sendable, Codable {
    public var compliant: Int
    public var noncompliant: Int
    /// Could not be told, or not be looked at.
    public var unknown: Int
    /// Rules that stand otherwise than before.
    public var changes: Int
    /// Why it did not get as far as looking.
    public var error: FleetError?
    /// The name of the playbook that it was about; nil = not known.
    public var playbook: String?

    public init(
        compliant: Int = 0, noncompliant: Int = 0, unknown: Int = 0, changes: Int = 0, error: FleetError? = nil,
        playbook: String? = nil
    ) {
        self.compliant = compliant
        self.noncompliant = noncompliant
        self.unknown = unknown
        self.changes = changes
        self.error = error
        self.playbook = playbook
    }
}

extension Store {
    /// Makes these the schedules that run. One that is gone is retired; one that was changed or comes back counts as known
    /// since then, so that nothing is made up for which the old one missed.
    public func setSchedules(_ schedules: [Schedule], at time: Timestamp) async throws(FleetError) {
        try await write { db in
            let known = try Self.schedules(db)
            for schedule in schedules
            where known.first(where: { $0.schedule.name == schedule.name })?.schedule != schedule {
                try db.execute(
                    sql: """
                        INSERT INTO schedule (name, definition, known_since) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE
                        SET definition = excluded.definition, known_since = excluded.known_since, retired_at = NULL,
                        begun_at = NULL, ended_at = NULL
                        """,
                    arguments: [schedule.name.description, try Document.text(schedule), time.milliseconds])
            }
            let names = Set(schedules.map(\.name))
            for stored in known where !names.contains(stored.schedule.name) {
                try db.execute(
                    sql: "UPDATE schedule SET retired_at = ? WHERE name = ?",
                    arguments: [time.milliseconds, stored.schedule.name.description])
            }
        }
    }

    /// Those that run, by name.
    public func schedules() async throws(FleetError) -> [StoredSchedule] { try await read(Self.schedules) }

    /// Before anything is done, so that a run is not begun twice.
    public func beginRun(of name: ScheduleName, at time: Timestamp) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE schedule SET begun_at = ?, ended_at = NULL WHERE name = ?",
                arguments: [time.milliseconds, name.description])
        }
    }

    public func endRun(
        of name: ScheduleName, _ outcome: ScheduleOutcome, at time: Timestamp
    ) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE schedule SET ended_at = ?, outcome = ? WHERE name = ?",
                arguments: [time.milliseconds, try Document.text(outcome), name.description])
        }
    }

    private static func schedules(_ db: Database) throws -> [StoredSchedule] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT name, definition, known_since, begun_at, ended_at, outcome FROM schedule
                WHERE retired_at IS NULL ORDER BY name
                """
        ).map { row in
            let (name, outcome): (String, String?) = (row[0], row[5])
            let (begun, ended): (Int64?, Int64?) = (row[3], row[4])
            return StoredSchedule(
                schedule: try Document.value(row[1], "schedule \(name)"), knownSince: Timestamp(milliseconds: row[2]),
                begunAt: begun.map(Timestamp.init(milliseconds:)), endedAt: ended.map(Timestamp.init(milliseconds:)),
                outcome: try outcome.map { try Document.value($0, "outcome of \(name)") })
        }
    }
}

extension NodeSettings {
    /// The same for the same settings, whatever the playbook's words for them.
    public var digest: ContentDigest {
        get throws(FleetError) {
            do { return .sha256(Data(try Document.text(self).utf8)) } catch {
                throw FleetError("settings-unwritable", "The settings can't be written down: \(error).")
            }
        }
    }
}
