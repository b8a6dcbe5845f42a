import Fleet

extension Format where Value == MaintenanceWindow {
    private static let times = "([01][0-9]|2[0-3]):[0-5][0-9]"
    private static let day = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
    private static var pattern: String {
        "^(daily|\(day)(-\(day))?(,\(day)(-\(day))?)*) \(times)-(\(times)|24:00)( [A-Za-z][A-Za-z0-9/_+-]{0,63})?$"
    }

    /// Whether a zone is known only the reader can tell.
    static var maintenanceWindow: Format {
        let written = Format.lossless(
            "a maintenance window such as Sat 22:00-06:00 Europe/Berlin, Mon-Thu,Sun 01:00-04:30 or daily 00:00-24:00",
            pattern: pattern)
        return Format(written.expected, schema: written.schema) { tree, diagnostics in
            guard let window = written.read(tree, diagnostics) else { return nil }
            if window.minutes == MaintenanceWindow.minutesOfDay, window.begin > 0 {
                diagnostics.report(
                    "window-without-end",
                    "The window \(quoted(window.description)) ends when it begins, so it never closes.",
                    at: tree.location, advice: "Write daily 00:00-24:00 if that is meant, or another time for its end.")
            }
            diagnostics.checkZone(window.zone, at: tree.location)
            return window
        }
    }
}

extension Format where Value == RolloutSettings {
    /// Windows of which none is long enough for a node would be waited for in vain.
    func needingRoom(in key: String) -> Format {
        Format(expected, schema: schema) { tree, diagnostics in
            guard let settings = read(tree, diagnostics) else { return nil }
            let needed = settings.longestSeconds(reboots: true)
            if let place = tree[key], !settings.windows.isEmpty, settings.longestOpening < needed {
                diagnostics.report(
                    "window-too-short",
                    "No window is long enough for a node that is rebooted: by its deadlines it may take \(needed / 60) minutes.",
                    at: place.location,
                    advice: "Make a window longer, or return-within and confirm-within shorter.")
            }
            return settings
        }
    }
}

extension RolloutSettings {
    /// In seconds, in a week in which no clock is changed. Windows of different zones are not joined.
    fileprivate var longestOpening: Int {
        Dictionary(grouping: windows, by: \.zone).values.map { windows in
            let start = Timestamp(milliseconds: 0)
            let clocks = windows.map { ZoneOffsets(zone: $0.zone, changes: [.init(at: start, seconds: 0)]) }
            let openings = MaintenanceCalendar(windows, clocks).openings(from: start, days: 15)
            return openings.map { Int(($0.until.milliseconds - $0.from.milliseconds) / 1000) }.max() ?? 0
        }.max() ?? 0
    }
}
