public import Fleet
import Foundation

/// What the controller knows about the clocks of time zones.
public enum TimeZones {
    /// How long offsets are looked up in advance: no roll-out lasts longer.
    fileprivate static let horizonSeconds = 5.0 * 366 * 86_400

    /// The offsets of the zones that these windows go by. Fails with `time-zone-unknown`.
    public static func offsets(
        for windows: [MaintenanceWindow], from time: Timestamp
    ) throws(FleetError) -> [ZoneOffsets] {
        var offsets: [ZoneOffsets] = []
        for name in Set(windows.map(\.zone)).sorted() { offsets.append(try self.offsets(of: name, from: time)) }
        return offsets
    }

    /// Those of one zone. Fails with `time-zone-unknown`.
    public static func offsets(of name: String, from time: Timestamp) throws(FleetError) -> ZoneOffsets {
        guard let zone = TimeZone(identifier: name) else { throw .unknown(name) }
        return zone.offsets(named: name, from: time)
    }
}

extension TimeZone {
    /// From a day before `time`: a window may be open already.
    fileprivate func offsets(named name: String, from time: Timestamp) -> ZoneOffsets {
        var date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000 - 86_400)
        let end = date.addingTimeInterval(TimeZones.horizonSeconds)
        var changes = [change(at: date)]
        while let next = nextDaylightSavingTimeTransition(after: date), next > date, next < end {
            changes.append(change(at: next))
            date = next
        }
        return ZoneOffsets(zone: name, changes: changes)
    }

    private func change(at date: Date) -> ZoneOffsets.Change {
        .init(
            at: Timestamp(milliseconds: Int64(date.timeIntervalSince1970.rounded(.up)) * 1000),
            seconds: secondsFromGMT(for: date))
    }
}

extension FleetError {
    fileprivate static func unknown(_ zone: String) -> FleetError {
        FleetError(
            "time-zone-unknown", "This controller knows no time zone “\(zone)”.",
            advice: "Name one as the IANA database does, such as Europe/Berlin, or UTC.")
    }
}
