/// When maintenance windows are open, all of them together, in UTC.
public struct MaintenanceCalendar: Sendable {
    private let windows: [MaintenanceWindow]
    private let zones: [String: [Segment]]

    /// Seconds since 1970 between which a zone's clocks are `offset` seconds ahead of UTC.
    private struct Segment {
        var span: Range<Int>
        var offset: Int
    }

    /// One stretch of time without a gap.
    public struct Opening: Hashable, Sendable {
        public var from: Timestamp
        public var until: Timestamp
    }

    private static let day = 86_400
    /// Years far off are not looked at, so that nothing can overflow.
    private static let known = -62_000_000_000..<250_000_000_000

    /// A window in a zone that is not among `zones` never opens.
    public init(_ windows: [MaintenanceWindow], _ zones: [ZoneOffsets]) {
        self.windows = windows
        var segments = [MaintenanceWindow.utc: [Segment(span: Self.known, offset: 0)]]
        for zone in zones { segments[zone.zone] = Self.segments(zone.changes) }
        self.zones = segments
    }

    private static func segments(_ changes: [ZoneOffsets.Change]) -> [Segment] {
        changes.indices.compactMap { index in
            let from = index == changes.startIndex ? known.lowerBound : seconds(changes[index].at)
            let until = index + 1 < changes.endIndex ? seconds(changes[index + 1].at) : known.upperBound
            guard from < until, abs(changes[index].seconds) < 2 * day else { return nil }
            return Segment(span: from..<until, offset: changes[index].seconds)
        }
    }

    private static func seconds(_ time: Timestamp) -> Int {
        min(max(Int(time.milliseconds / 1000), known.lowerBound), known.upperBound - 1)
    }

    /// Those that end after `time` and begin within so many days of it, in order; none touches the next.
    public func openings(from time: Timestamp, days: Int) -> [Opening] {
        let now = Self.seconds(time)
        let all = windows.flatMap { spans(of: $0, from: now, until: now + days * Self.day) }
        var merged: [Range<Int>] = []
        for span in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, span.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                merged.append(span)
            }
        }
        return merged.map { Opening(from: Self.timestamp($0.lowerBound), until: Self.timestamp($0.upperBound)) }
    }

    private static func timestamp(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: Int64(seconds) * 1000) }

    private func spans(of window: MaintenanceWindow, from: Int, until: Int) -> [Range<Int>] {
        (zones[window.zone] ?? []).flatMap { segment -> [Range<Int>] in
            // Two days earlier: windows over midnight, and clocks that are behind.
            let part = segment.span.clamped(to: from - 2 * Self.day..<until)
            guard !part.isEmpty else { return [] }
            let days =
                Self.dayNumber(part.lowerBound + segment.offset) - 1...Self.dayNumber(part.upperBound + segment.offset)
            return days.compactMap { day in
                guard let weekday = MaintenanceWindow.Weekday(day: day), window.days.contains(weekday) else {
                    return nil
                }
                let begin = day * Self.day + window.begin * 60 - segment.offset
                // By these clocks only while the zone has this offset.
                let span = (begin..<begin + window.minutes * 60).clamped(to: segment.span)
                return span.isEmpty || span.upperBound <= from || span.lowerBound >= until ? nil : span
            }
        }
    }

    private static func dayNumber(_ seconds: Int) -> Int {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: day)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The earliest time, `time` itself or later, from which windows stay open for so long; nil = none within five weeks.
    public func begin(lasting seconds: Int, from time: Timestamp) -> Timestamp? {
        // Mostly the next ones do; the last one may go on longer than it was looked at.
        for days in [2, 35] {
            for opening in openings(from: time, days: days) {
                let begin = max(opening.from, time)
                if begin.adding(seconds: seconds) <= opening.until { return begin }
            }
        }
        return nil
    }
}

extension RolloutSettings {
    /// Counted for the steps before a reboot, which have no deadline in a playbook: two rebuilds of the initramfs images
    /// of several kernels take a few minutes.
    static let preparationSeconds = 300

    /// By when a node that is begun is done, or back as it was, by its deadlines: it prepares, must be back from its
    /// reboot, waits for its confirmation, and must be back again after it has put itself back.
    public func longestSeconds(reboots: Bool) -> Int {
        guard reboots else { return Self.preparationSeconds }
        let back = min(max(1, returnWithinSeconds), 1_000_000)
        // Guests that go together; how many groups there are, each node's guests decide.
        let goodbye = guests.map { $0.doesSomething ? min(max(0, $0.timeoutSeconds), 86_400) : 0 } ?? 0
        let way = confirmWithinSeconds.map { min(max(0, $0), 1_000_000) + back } ?? 0
        return Self.preparationSeconds + goodbye + back + way
    }
}

extension Rollout {
    /// Nil = nodes may be begun at any time.
    public var calendar: MaintenanceCalendar? {
        settings.windows.isEmpty ? nil : MaintenanceCalendar(settings.windows, zones)
    }

    /// The nodes that no opening in the weeks after `time` is long enough for.
    public func withoutOpening(from time: Timestamp) -> [NodeName] {
        guard let calendar else { return [] }
        let fits = Dictionary(
            uniqueKeysWithValues: [true, false].map { reboots in
                (reboots, calendar.begin(lasting: settings.longestSeconds(reboots: reboots), from: time) != nil)
            })
        return nodes.filter { $0.hasWork && fits[$0.work.reboots] == false }.map(\.node)
    }
}

/// Which nodes may be begun at one moment, and when the next may.
struct OpenHours {
    private let calendar: MaintenanceCalendar?
    private let settings: RolloutSettings
    private let time: Timestamp
    private var begins: [Bool: Timestamp] = [:]
    /// The earliest time at which one that was refused may be begun.
    private(set) var next: Timestamp?

    init(of rollout: Rollout, at time: Timestamp) {
        calendar = rollout.calendar
        settings = rollout.settings
        self.time = time
    }

    mutating func allow(_ run: NodeRun) -> Bool {
        guard let calendar else { return true }
        let reboots = run.work.reboots
        let begin =
            begins[reboots] ?? calendar.begin(lasting: settings.longestSeconds(reboots: reboots), from: time)
            // None is long enough. Clocks may be put right, so it is looked for again in a day.
            ?? time.adding(seconds: 86_400)
        begins[reboots] = begin
        if begin <= time { return true }
        next = min(next ?? begin, begin)
        return false
    }
}
