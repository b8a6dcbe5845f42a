import Foundation
import Testing

@testable import Fleet

/// The clocks of Berlin in 2026: an hour is missing on 29 March, and comes twice on 25 October.
let berlin = ZoneOffsets(
    zone: "Europe/Berlin",
    changes: [
        .init(at: utc("2026-01-01T00:00:00Z"), seconds: 3600), .init(at: utc("2026-03-29T01:00:00Z"), seconds: 7200),
        .init(at: utc("2026-10-25T01:00:00Z"), seconds: 3600),
    ])

func utc(_ text: String) -> Timestamp {
    guard let date = try? Date(text, strategy: .iso8601) else { preconditionFailure("no time: \(text)") }
    return Timestamp(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
}

func window(_ text: String) -> MaintenanceWindow {
    guard let window = MaintenanceWindow(text) else { preconditionFailure("no window: \(text)") }
    return window
}

@Suite("Maintenance windows")
struct MaintenanceWindowTests {
    @Test(
        arguments: [
            ("Sat 22:00-06:00 Europe/Berlin", "Sat 22:00-06:00 Europe/Berlin"), ("daily 01:00-04:30", nil),
            ("Mon-Thu,Sun 01:00-04:30 UTC", "Mon-Thu,Sun 01:00-04:30"), ("Sun,Mon 00:00-24:00", "Mon,Sun 00:00-24:00"),
            ("Fri-Mon 00:00-00:00", "Mon,Fri-Sun 00:00-24:00"), ("Mon-Sun 12:00-12:00", "daily 12:00-12:00"),
            ("Tue,Tue-Tue 20:00-24:00 Etc/GMT+5", "Tue 20:00-24:00 Etc/GMT+5"),
        ] as [(String, String?)])
    func isReadAsItIsWritten(text: String, canonical: String?) throws {
        let window = try #require(MaintenanceWindow(text))
        #expect(window.description == canonical ?? text)
        #expect(MaintenanceWindow(window.description) == window)
    }

    @Test(arguments: [
        "", "Sat", "Sat 22:00", "22:00-06:00", "Sat 22-06", "Sat 22:00-06:60", "Sat 24:00-06:00", "Sat 22:00-25:00",
        "Sat 22:00-24:01", "Sat 9:00-10:00", "Saturday 22:00-06:00", "sat 22:00-06:00", "Sat, Sun 22:00-06:00",
        "Sat-Sun-Mon 22:00-06:00", "Sat, 22:00-06:00", "daily,Mon 22:00-06:00", "Sat 22:00-06:00 ", "Sat  22:00-06:00",
        "Sat 22:00-06:00 Europe/Berlin x", "Sat 22:00-06:00 /etc", "Sat 22:00-06:00 B\u{e9}", "Sat +1:00-06:00",
    ])
    func whatIsNoneIsRefused(text: String) { #expect(MaintenanceWindow(text) == nil) }

    private func openings(_ windows: String..., from: String, days: Int = 1) -> [String] {
        MaintenanceCalendar(windows.map { window($0) }, [berlin]).openings(from: utc(from), days: days)
            .map { opening in
                [opening.from, opening.until].map {
                    Date(timeIntervalSince1970: Double($0.milliseconds / 1000)).formatted(.iso8601).dropLast(4)
                        .dropFirst(5)
                }.joined(separator: " ")
            }
    }

    @Test func aWindowOverMidnightBelongsToTheDayItBeginsOn() {
        // 2026-05-02 is a Saturday; Berlin is two hours ahead.
        #expect(
            openings("Sat 22:00-06:00 Europe/Berlin", from: "2026-04-30T00:00:00Z", days: 10)
                == ["05-02T20:00 05-03T04:00", "05-09T20:00 05-10T04:00"])
        #expect(
            openings("Sat 22:00-06:00 Europe/Berlin", from: "2026-05-03T03:59:59Z", days: 1)
                == ["05-02T20:00 05-03T04:00"], "it is open still")
        #expect(openings("Sat 22:00-06:00 Europe/Berlin", from: "2026-05-03T04:00:00Z").isEmpty)
    }

    @Test func windowsThatTouchAreOne() {
        #expect(
            openings("Sat 22:00-24:00", "Sun 00:00-02:00", "Sun 01:00-03:00", from: "2026-05-02T12:00:00Z")
                == ["05-02T22:00 05-03T03:00"])
        #expect(openings("daily 00:00-24:00", from: "2026-05-02T12:00:00Z", days: 2) == ["05-02T00:00 05-05T00:00"])
        #expect(
            openings("Sun 02:00-03:00 Europe/Berlin", "Sun 01:00-02:00", from: "2026-05-02T12:00:00Z")
                == ["05-03T00:00 05-03T02:00"], "in different zones too")
    }

    @Test func theMissingHourIsMissing() {
        let day = "2026-03-28T12:00:00Z"
        #expect(openings("Sun 02:15-02:45 Europe/Berlin", from: day).isEmpty)
        #expect(openings("Sun 01:00-04:00 Europe/Berlin", from: day) == ["03-29T00:00 03-29T02:00"])
        #expect(openings("Sun 01:30-02:30 Europe/Berlin", from: day) == ["03-29T00:30 03-29T01:00"])
        #expect(openings("Sun 02:30-05:00 Europe/Berlin", from: day) == ["03-29T01:00 03-29T03:00"])
        #expect(openings("Sat 22:00-06:00 Europe/Berlin", from: day) == ["03-28T21:00 03-29T04:00"], "seven hours")
    }

    @Test func theHourThatComesTwiceCountsTwice() {
        let day = "2026-10-24T12:00:00Z"
        #expect(openings("Sun 01:00-04:00 Europe/Berlin", from: day) == ["10-24T23:00 10-25T03:00"], "four hours")
        #expect(
            openings("Sun 01:00-02:30 Europe/Berlin", from: day) == [
                "10-24T23:00 10-25T00:30", "10-25T01:00 10-25T01:30",
            ])
        #expect(
            openings("Sun 02:15-02:45 Europe/Berlin", from: day) == [
                "10-25T00:15 10-25T00:45", "10-25T01:15 10-25T01:45",
            ])
        #expect(
            openings("Sun 02:30-06:00 Europe/Berlin", from: day) == [
                "10-25T00:30 10-25T01:00", "10-25T01:30 10-25T05:00",
            ])
    }

    /// At every minute, a window is open just when the clocks show a time inside it.
    @Test(arguments: [
        "Sun 01:00-02:30 Europe/Berlin", "Sat,Sun 02:30-02:10 Europe/Berlin", "Sat 23:30-03:00 Europe/Berlin",
    ])
    func clocksDecide(text: String) throws {
        let window = window(text)
        for first in ["2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"] {
            let openings = MaintenanceCalendar([window], [berlin]).openings(from: utc(first), days: 3)
            for minute in 0..<3 * 1440 {
                let time = utc(first).adding(seconds: minute * 60)
                let offset = try #require(berlin.changes.last { $0.at <= time }).seconds
                let local = Int(time.milliseconds / 60_000) + offset / 60
                let isInside = [0, 1].contains { back in
                    let (day, now) = (local / 1440 - back, local % 1440 + back * 1440)
                    return MaintenanceWindow.Weekday(day: day).map(window.days.contains) == true
                        && (window.begin..<window.begin + window.minutes).contains(now)
                }
                let isOpen = openings.contains { $0.from <= time && time < $0.until }
                guard isOpen == isInside else {
                    Issue.record("\(text) is \(isOpen ? "open" : "closed") \(minute) minutes after \(first)")
                    return
                }
            }
        }
    }

    @Test func whatDoesNotFitBeginsInTheNext() {
        let calendar = MaintenanceCalendar([window("daily 01:00-02:00"), window("Sun 01:00-03:00")], [])
        func begin(_ minutes: Int, _ from: String) -> Timestamp? {
            calendar.begin(lasting: minutes * 60, from: utc(from))
        }
        #expect(begin(60, "2026-05-01T00:00:00Z") == utc("2026-05-01T01:00:00Z"))
        #expect(begin(30, "2026-05-01T01:30:00Z") == utc("2026-05-01T01:30:00Z"), "it ends with the window")
        #expect(begin(30, "2026-05-01T01:30:01Z") == utc("2026-05-02T01:00:00Z"))
        #expect(begin(61, "2026-05-01T00:00:00Z") == utc("2026-05-03T01:00:00Z"))
        #expect(begin(121, "2026-05-01T00:00:00Z") == nil)
    }

    @Test func noZoneNoOpening() {
        #expect(
            MaintenanceCalendar([window("daily 00:00-24:00 Europe/Berlin")], []).openings(
                from: utc("2026-05-01T00:00:00Z"), days: 9
            ).isEmpty)
    }

    @Test(arguments: [Int64.min, -1, 0, 253_000_000_000_000, .max]) func noTimeTraps(milliseconds: Int64) {
        let calendar = MaintenanceCalendar(
            [window("daily 22:00-06:00 Europe/Berlin"), window("Sun 01:00-02:00")], [berlin])
        _ = calendar.begin(lasting: .max, from: Timestamp(milliseconds: milliseconds))
        #expect(calendar.openings(from: Timestamp(milliseconds: milliseconds), days: 2).count <= 3)
    }
}
