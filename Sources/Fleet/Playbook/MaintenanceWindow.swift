/// When nodes may be begun: on some days of the week, from one time of the day to another, by the clocks of one time zone.
///
/// Open exactly while those clocks show a time inside it. An hour that they leave out in spring is therefore missing in it,
/// and one that they show twice in autumn counts twice. A window over midnight belongs to the day it begins on.
public struct MaintenanceWindow: Hashable, Sendable {
    /// INVARIANT: not empty.
    public let days: Set<Weekday>
    /// Minutes after midnight, less than 1440.
    public let begin: Int
    /// For how many minutes of those clocks it is open: 1 to 1440.
    public let minutes: Int
    /// A name of the IANA time zone database, or `UTC`. Whether there is such a zone is not known here.
    public let zone: String

    public enum Weekday: Int, Hashable, Sendable, CaseIterable, Comparable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday

        /// Days since 1970-01-01, which was a Thursday.
        init?(day: Int) { self.init(rawValue: ((day + 3) % 7 + 7) % 7) }

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public static let utc = "UTC"
    public static let minutesOfDay = 1440
}

extension MaintenanceWindow: LosslessStringConvertible, Codable {
    private static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    /// Reads `Sat 22:00-06:00 Europe/Berlin`, `Mon-Thu,Sun 01:00-04:30`, `daily 00:00-24:00`: days, from, until, and a
    /// time zone, which is UTC when left out. One that ends at the time it begins is open for a day.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard (2...3).contains(words.count), let days = Self.days(words[0]) else { return nil }
        let times = words[1].split(separator: "-", omittingEmptySubsequences: false).map { Self.minute($0) }
        guard times.count == 2, let begin = times[0], let end = times[1], begin < Self.minutesOfDay else { return nil }
        let zone = words.count == 3 ? String(words[2]) : Self.utc
        guard Self.isZone(zone) else { return nil }
        self.days = days
        self.begin = begin
        self.minutes = end > begin ? end - begin : end + Self.minutesOfDay - begin
        self.zone = zone
    }

    private static func days(_ text: some StringProtocol) -> Set<Weekday>? {
        if text == "daily" { return Set(Weekday.allCases) }
        var days: Set<Weekday> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { name in names.firstIndex { $0 == name } }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else { return nil }
            // Sat-Mon goes over the end of the week.
            let count = (last - first + 7) % 7
            days.formUnion((0...count).compactMap { Weekday(rawValue: (first + $0) % 7) })
        }
        return days
    }

    /// `06:30`, or `24:00` for the end of the day.
    private static func minute(_ text: some StringProtocol) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour < 24 || (hour == 24 && minute == 0)
        else { return nil }
        return hour * 60 + minute
    }

    private static func isZone(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.first.map { $0.isASCII && $0.isLetter } == true
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }
    }

    public var description: String {
        let end = begin + minutes
        let last = end == Self.minutesOfDay ? end : end % Self.minutesOfDay
        return "\(dayText) \(Self.text(begin))-\(Self.text(last))" + (zone == Self.utc ? "" : " \(zone)")
    }

    private static func text(_ minute: Int) -> String {
        [minute / 60, minute % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":")
    }

    /// Three days or more in a row as a range.
    private var dayText: String {
        if days.count == Weekday.allCases.count { return "daily" }
        var runs: [[Weekday]] = []
        for day in days.sorted() {
            if let last = runs.last?.last, last.rawValue + 1 == day.rawValue {
                runs[runs.count - 1].append(day)
            } else {
                runs.append([day])
            }
        }
        return runs.map { run in
            let words = run.map { Self.names[$0.rawValue] }
            return words.count > 2 ? "\(words[0])-\(words[words.count - 1])" : words.joined(separator: ",")
        }.joined(separator: ",")
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// How far the clocks of one time zone are ahead of UTC, and from when on. It comes in as a value: the domain knows no zones.
public struct ZoneOffsets: Hashable, Sendable, Codable {
    public var zone: String
    /// In order of time; the first also holds before its own.
    public var changes: [Change]

    public struct Change: Hashable, Sendable, Codable {
        public var at: Timestamp
        public var seconds: Int

        public init(at time: Timestamp, seconds: Int) {
            at = time
            self.seconds = seconds
        }
    }

    public init(zone: String, changes: [Change]) {
        self.zone = zone
        self.changes = changes
    }
}
