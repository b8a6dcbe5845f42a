/// When maintenance windows are open, all of them together, in UTC.
public struct MaintenanceCalendar: Sendable {
    private let windows: [MaintenanceWindow]
    private let clocks: [String: LocalClock]

    /// One stretch of time without a gap.
    public struct Opening: Hashable, Sendable {
        public var from: Timestamp
        public var until: Timestamp
    }

    /// A window in a zone that is not among `zones` never opens.
    public init(_ windows: [MaintenanceWindow], _ zones: [ZoneOffsets]) {
        self.windows = windows
        var clocks = [MaintenanceWindow.utc: LocalClock.utc]
        for zone in zones { clocks[zone.zone] = LocalClock(zone) }
        self.clocks = clocks
    }

    /// Those that end after `time` and begin within so many days of it, in order; none touches the next.
    public func openings(from time: Timestamp, days: Int) -> [Opening] {
        let now = LocalClock.seconds(time)
        let all = windows.flatMap { spans(of: $0, from: now, until: now + days * LocalClock.day) }
        var merged: [Range<Int>] = []
        for span in all.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, span.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, span.upperBound)
            } else {
                merged.append(span)
            }
        }
        return merged.map {
            Opening(from: LocalClock.timestamp($0.lowerBound), until: LocalClock.timestamp($0.upperBound))
        }
    }

    private func spans(of window: MaintenanceWindow, from: Int, until: Int) -> [Range<Int>] {
        (clocks[window.zone]?.segments ?? []).flatMap { segment -> [Range<Int>] in
            // Two days earlier: windows over midnight, and clocks that are behind.
            let part = segment.span.clamped(to: from - 2 * LocalClock.day..<until)
            guard !part.isEmpty else { return [] }
            let days =
                LocalClock.dayNumber(part.lowerBound + segment.offset)
                - 1...LocalClock.dayNumber(part.upperBound + segment.offset)
            return days.compactMap { day in
                guard let weekday = MaintenanceWindow.Weekday(day: day), window.days.contains(weekday) else {
                    return nil
                }
                let begin = day * LocalClock.day + window.begin * 60 - segment.offset
                // By these clocks only while the zone has this offset.
                let span = (begin..<begin + window.minutes * 60).clamped(to: segment.span)
                return span.isEmpty || span.upperBound <= from || span.lowerBound >= until ? nil : span
            }
        }
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

extension Rollout {
    /// How long those that are proven mostly took, which includes emptying them: HA and migrations have no deadline. Before one
    /// is, what earlier roll-outs tell.
    var typicalSeconds: [Bool: Int] {
        let own = TypicalSeconds(RolloutPace(of: [self]))
        let both = [true, false].map { ($0, own.seconds(reboots: $0) ?? typical?.seconds(reboots: $0)) }
        return Dictionary(uniqueKeysWithValues: both).compactMapValues(\.self)
    }
}

/// Which nodes may be begun at one moment, and when the next may.
struct OpenHours {
    private let calendar: MaintenanceCalendar?
    private let settings: RolloutSettings
    /// By whether nodes are rebooted.
    private let typical: [Bool: Int]
    private let time: Timestamp
    private var begins: [Bool: Timestamp] = [:]
    /// The earliest time at which one that was refused may be begun.
    private(set) var next: Timestamp?

    init(of rollout: Rollout, at time: Timestamp) {
        calendar = rollout.calendar
        settings = rollout.settings
        typical = calendar == nil ? [:] : rollout.typicalSeconds
        self.time = time
    }

    mutating func allow(_ run: NodeRun) -> Bool {
        guard let calendar else { return true }
        let reboots = run.work.reboots
        let begin = begins[reboots] ?? earliest(calendar, reboots)
        begins[reboots] = begin
        if begin <= time { return true }
        next = min(next ?? begin, begin)
        return false
    }

    private func earliest(_ calendar: MaintenanceCalendar, _ reboots: Bool) -> Timestamp {
        let longest = settings.longestSeconds(reboots: reboots)
        return calendar.begin(lasting: max(longest, typical[reboots] ?? 0), from: time)
            // Where nodes take longer than any window is open, the deadlines have to do.
            ?? calendar.begin(lasting: longest, from: time)
            // None is long enough. Clocks may be put right, so it is looked for again in a day.
            ?? time.adding(seconds: 86_400)
    }
}
