import Fleet
import Foundation
import Testing

@Suite struct TimetableTests {
    /// Clocks were put forward on 2026-03-29 at 02:00 and put back on 2026-10-25 at 03:00, both at 01:00 UTC.
    private static let berlin = ZoneOffsets(
        zone: "Europe/Berlin",
        changes: [
            .init(at: at("2026-01-01T00:00:00Z"), seconds: 3600), .init(at: at("2026-03-29T01:00:00Z"), seconds: 7200),
            .init(at: at("2026-10-25T01:00:00Z"), seconds: 3600),
        ])

    private static func at(_ text: String) -> Timestamp {
        let date = try? Date(text, strategy: .iso8601)
        return Timestamp(milliseconds: Int64((date?.timeIntervalSince1970 ?? .nan) * 1000))
    }

    private static func text(_ time: Timestamp?) -> String? {
        time.map { Date(timeIntervalSince1970: Double($0.milliseconds) / 1000).formatted(.iso8601) }
    }

    private func timetable(_ cron: String, jitter: Int = 0, zone: ZoneOffsets? = nil) throws -> Timetable {
        let schedule = Schedule(
            name: try #require(ScheduleName("nightly")), cron: try CronExpression(parsing: cron),
            zone: zone?.zone ?? "UTC", jitterSeconds: jitter, playbook: "gpu.yaml")
        return Timetable(schedule, zone)
    }

    @Test(arguments: [
        ("*/15 * * * *", "2026-05-01T10:07:31Z", "2026-05-01T10:15:00Z"),
        ("*/15 * * * *", "2026-05-01T10:15:00Z", "2026-05-01T10:30:00Z"),
        ("0 4 * * 1-5", "2026-05-01T04:00:00Z", "2026-05-04T04:00:00Z"),
        ("0 0 1 * *", "2026-12-15T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        // Either day is enough where both are restricted; with a star both must fit.
        ("0 0 13 * 5", "2026-05-01T00:00:00Z", "2026-05-08T00:00:00Z"),
        ("0 0 13 * */7", "2026-05-01T00:00:00Z", "2026-09-13T00:00:00Z"),
        ("59 23 31 12 *", "2026-12-31T23:59:00Z", "2027-12-31T23:59:00Z"),
        ("0 12 * * 0", "2026-05-01T00:00:00Z", "2026-05-03T12:00:00Z"),
        ("0 12 * * 7", "2026-05-01T00:00:00Z", "2026-05-03T12:00:00Z"),
        ("0 6 * * *", "1969-12-30T07:00:00Z", "1969-12-31T06:00:00Z"),
    ])
    func comesNext(_ cron: String, _ after: String, _ next: String) throws {
        #expect(Self.text(try timetable(cron).next(after: Self.at(after))) == next)
    }

    @Test(arguments: [
        ("0 4 * * *", "2026-02-01T04:00:00Z", ["2026-02-02T03:00:00Z"]),
        ("0 4 * * *", "2026-07-01T04:00:00Z", ["2026-07-02T02:00:00Z"]),
        // Clocks never show 02:30 that day; then they go on as usual.
        ("30 2 * * *", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        // They show it twice.
        ("30 2 * * *", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        (
            "0 * * * *", "2026-10-24T23:30:00Z",
            ["2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z"]
        ),
        ("0 * * * *", "2026-03-29T00:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-29T02:00:00Z"]),
    ])
    func goesByTheZonesClocks(_ cron: String, _ after: String, _ expected: [String]) throws {
        let timetable = try timetable(cron, zone: Self.berlin)
        var time = Self.at(after)
        for expected in expected {
            time = try #require(timetable.next(after: time))
            #expect(Self.text(time) == expected)
        }
    }

    @Test func agreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "UTC"))
        let timetable = try timetable("17 5 * * *")
        for day in stride(from: -400_000, to: 400_000, by: 3571) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 40_000)
            let next = calendar.nextDate(
                after: date, matching: DateComponents(hour: 5, minute: 17, second: 0), matchingPolicy: .strict)
            let ours = timetable.next(after: Timestamp(milliseconds: Int64(date.timeIntervalSince1970 * 1000)))
            #expect(Self.text(ours) == next?.formatted(.iso8601))
        }
    }

    @Test func missedRunsAreMadeUpForOnce() throws {
        let timetable = try timetable("0 * * * *")
        let (last, now) = (Self.at("2026-05-01T10:00:03Z"), Self.at("2026-05-01T17:20:00Z"))
        #expect(timetable.decision(at: now, after: last) == .run(due: Self.at("2026-05-01T11:00:00Z")))
        #expect(timetable.decision(at: now, after: now) == .wait(until: Self.at("2026-05-01T18:00:00Z")))
    }

    @Test func aClockThatWasAheadDoesNotSilenceIt() throws {
        let timetable = try timetable("0 * * * *")
        let now = Self.at("2026-05-01T17:20:00Z")
        #expect(
            timetable.decision(at: now, after: Self.at("2036-01-01T00:00:00Z"))
                == .wait(until: Self.at("2026-05-01T18:00:00Z")))
    }

    @Test func jitterIsBoundedAndTheSameEachTime() throws {
        let timetable = try timetable("0 * * * *", jitter: 600)
        var delays: Set<Int64> = []
        var now = Self.at("2026-05-01T00:30:00Z")
        for _ in 0..<100 {
            guard case .wait(let begin?) = timetable.decision(at: now, after: now) else {
                Issue.record("nothing to wait for")
                return
            }
            #expect(timetable.decision(at: now, after: now) == .wait(until: begin))
            let due = try #require(timetable.next(after: now))
            delays.insert((begin.milliseconds - due.milliseconds) / 1000)
            #expect(timetable.decision(at: begin, after: now) == .run(due: due))
            now = due.adding(seconds: 1800)
        }
        #expect(delays.allSatisfy { (0...600).contains($0) })
        #expect(delays.count > 50)
    }
}
