import Engine
import Fleet
import Foundation
import Testing

@Suite("Time zones")
struct TimeZoneTests {
    private func time(_ text: String) throws -> Timestamp {
        Timestamp(milliseconds: Int64(try Date(text, strategy: .iso8601).timeIntervalSince1970) * 1000)
    }

    @Test func theClocksOfBerlinAreKnown() throws {
        let window = try #require(MaintenanceWindow("daily 22:00-06:00 Europe/Berlin"))
        let offsets = try #require(
            try TimeZones.offsets(for: [window, window], from: try time("2026-01-15T00:00:00Z")).first)
        #expect(offsets.zone == "Europe/Berlin")
        #expect(
            offsets.changes.prefix(3) == [
                .init(at: try time("2026-01-14T00:00:00Z"), seconds: 3600),
                .init(at: try time("2026-03-29T01:00:00Z"), seconds: 7200),
                .init(at: try time("2026-10-25T01:00:00Z"), seconds: 3600),
            ])
        #expect(offsets.changes.count > 8)
    }

    /// Half hours, hours that change by half, and days of the year that move.
    @Test(arguments: [
        "UTC", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "America/St_Johns", "Pacific/Apia",
    ])
    func offsetsAreThoseOfTheZoneAtEveryHour(name: String) throws {
        let start = try time("2026-01-01T00:00:00Z")
        let window = try #require(MaintenanceWindow("daily 22:00-06:00 \(name)"))
        let offsets = try #require(try TimeZones.offsets(for: [window], from: start).first)
        let zone = try #require(TimeZone(identifier: name))
        for hour in 0..<2 * 365 * 24 {
            let time = start.adding(seconds: hour * 3600)
            let known = try #require(offsets.changes.last { $0.at <= time })
            #expect(
                known.seconds == zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.milliseconds / 1000)))
            )
        }
    }

    @Test func aZoneThatIsNotThereIsNamed() throws {
        let window = try #require(MaintenanceWindow("daily 22:00-06:00 Mars/Base"))
        let failure = #expect(throws: FleetError.self) {
            try TimeZones.offsets(for: [window], from: Timestamp(milliseconds: 0))
        }
        #expect(failure?.code == "time-zone-unknown" && failure?.message.contains("Mars/Base") == true)
    }
}
