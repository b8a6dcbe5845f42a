/// What is to be verified again and again, and when.
public struct Schedule: Hashable, Sendable, Codable {
    public var name: ScheduleName
    public var cron: CronExpression
    /// A name of the IANA time zone database, or `UTC`.
    public var zone: String
    /// Each run begins up to so many seconds late, by the same number whoever computes it: a fleet of controllers, or of
    /// schedules, does not begin all at once.
    public var jitterSeconds: Int
    /// The playbook's file.
    public var playbook: String
    /// Nodes of the playbook; nil = all it is for.
    public var selector: String?
    /// What is done about drift; nil = nothing.
    public var remediation: Remediation?

    public init(
        name: ScheduleName, cron: CronExpression, zone: String = MaintenanceWindow.utc, jitterSeconds: Int = 0,
        playbook: String, selector: String? = nil, remediation: Remediation? = nil
    ) {
        self.name = name
        self.cron = cron
        self.zone = zone
        self.jitterSeconds = jitterSeconds
        self.playbook = playbook
        self.selector = selector
        self.remediation = remediation
    }
}

/// Letters, digits, `-`, `_` and `.`, at most 64 bytes.
public struct ScheduleName: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    public let description: String

    public init?(_ text: some StringProtocol) {
        let isAllowed = text.utf8.allSatisfy { Byte.isName($0) || $0 == Byte.hyphen || $0 == UInt8(ascii: ".") }
        guard (1...64).contains(text.utf8.count), isAllowed, let first = text.utf8.first, Byte.isName(first) else {
            return nil
        }
        description = String(text)
    }

    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// When a schedule's runs begin, by the clocks of its zone.
public struct Timetable: Sendable {
    private let schedule: Schedule
    private let clock: LocalClock

    /// - Parameter zone: the offsets of the schedule's zone; not needed for UTC.
    public init(_ schedule: Schedule, _ zone: ZoneOffsets?) {
        self.schedule = schedule
        clock = zone.map { LocalClock($0) } ?? .utc
    }

    public enum Decision: Hashable, Sendable {
        /// Nothing is due before then; nil = nothing ever is again.
        case wait(until: Timestamp?)
        /// The run of this moment is to begin; what was missed since is made up for by it.
        case run(due: Timestamp)
    }

    /// What is to be done at `now`, when the last run began at `last`, or the schedule is known since then. A clock that was
    /// ahead then does not silence it.
    public func decision(at now: Timestamp, after last: Timestamp) -> Decision {
        guard let due = next(after: min(last, now)) else { return .wait(until: nil) }
        let begin = due.adding(seconds: jitter(of: due))
        return begin <= now ? .run(due: due) : .wait(until: begin)
    }

    /// The first moment later than `time` that the expression fits, without the jitter; nil = none in the next decades.
    ///
    /// A time that the clocks leave out is taken for the moment at which they are put forward. One that they show twice
    /// counts the first time only, unless the expression fits every hour.
    public func next(after time: Timestamp) -> Timestamp? {
        let after = LocalClock.seconds(time)
        let today = LocalClock.dayNumber(clock.local(at: after))
        // February 29th on one day of the week comes every 28 years, and once not in 40.
        for day in today - 1...today + 41 * 366 where schedule.cron.includes(CivilDay(day)) {
            if let next = instants(of: day).first(where: { $0 > after }) { return LocalClock.timestamp(next) }
        }
        return nil
    }

    private func instants(of day: Int) -> [Int] {
        let cron = schedule.cron
        let minutes = (0..<60).filter(cron.minutes.contains)
        return (0..<24).filter(cron.hours.contains).flatMap { hour in
            minutes.flatMap { minute in
                let instants = clock.instants(showing: day * LocalClock.day + (hour * 60 + minute) * 60)
                return cron.hours.isAny ? instants : Array(instants.prefix(1))
            }
        }.sorted()
    }

    /// FNV-1a over the name and the moment: the same after a restart.
    private func jitter(of due: Timestamp) -> Int {
        guard schedule.jitterSeconds > 0 else { return 0 }
        let hash = "\(schedule.name) \(due.milliseconds)".utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return Int((hash >> 16) % UInt64(schedule.jitterSeconds + 1))
    }
}
