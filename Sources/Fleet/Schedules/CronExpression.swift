/// When something recurs, in the five fields of `crontab(5)`: minute, hour, day of the month, month, day of the week.
///
/// As there, a field is `*`, a number, a name (`jan`, `mon`), a range, a list, each with a step (`*/15`), Sunday is 0 or 7,
/// and where both days are restricted, either is enough. `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly` stand for
/// what they do there.
public struct CronExpression: Hashable, Sendable {
    /// As it was written.
    public let description: String
    let minutes: CronField.Values
    let hours: CronField.Values
    let daysOfMonth: CronField.Values
    let months: CronField.Values
    let daysOfWeek: CronField.Values

    private static let shorthands = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]

    /// Fails with `cron-invalid`.
    public init(parsing text: String) throws(FleetError) {
        let written = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        let long = written.count == 1 ? Self.shorthands[written[0]] : nil
        let fields = long.map { $0.split(separator: " ").map(String.init) } ?? written
        guard fields.count == CronField.all.count else { throw .cron(text, countOf: fields) }
        var values: [CronField.Values] = []
        for (field, text) in zip(CronField.all, fields) { values.append(try field.read(text)) }
        description = written.joined(separator: " ")
        (minutes, hours, daysOfMonth, months, daysOfWeek) = (values[0], values[1], values[2], values[3], values[4])
        guard canCome else {
            throw FleetError(
                "cron-invalid", "“\(description)” never comes: none of its months has such a day.",
                advice:
                    "The longest days are 31 in January, March, May, July, August, October and December, and 29 in February."
            )
        }
    }

    private var canCome: Bool {
        // Where either day is enough, a day of the week always comes.
        guard daysOfWeek.isAny || daysOfMonth.isAny else { return true }
        let longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains { month in
            months.contains(month) && (1...longest[month - 1]).contains(where: daysOfMonth.contains)
        }
    }

    /// Whether it comes on this day at all.
    func includes(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        let (ofMonth, ofWeek) = (daysOfMonth.contains(day.day), daysOfWeek.contains(day.weekday))
        return daysOfMonth.isAny || daysOfWeek.isAny ? ofMonth && ofWeek : ofMonth || ofWeek
    }
}

extension CronExpression: LosslessStringConvertible, Codable {
    public init?(_ text: String) {
        do throws(FleetError) { try self.init(parsing: text) } catch { return nil }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// One of the five fields.
struct CronField: Sendable {
    let name: String
    let range: ClosedRange<Int>
    /// Words for the numbers, from the first of `range` on.
    var words: [String] = []

    /// The numbers that a field names.
    struct Values: Hashable, Sendable {
        private var bits: UInt64 = 0
        /// It begins with `*`, which tells crontab that the day is not restricted by it.
        var isAny = false

        func contains(_ number: Int) -> Bool { bits & 1 << UInt64(number) != 0 }
        mutating func insert(_ number: Int) { bits |= 1 << UInt64(number) }
    }

    static let all = [
        CronField(name: "minute", range: 0...59), CronField(name: "hour", range: 0...23),
        CronField(name: "day of the month", range: 1...31),
        CronField(
            name: "month", range: 1...12,
            words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        CronField(
            name: "day of the week", range: 0...7, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ]

    func read(_ text: String) throws(FleetError) -> Values {
        var values = Values()
        values.isAny = text.hasPrefix("*")
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let numbers = numbers(part) else { throw .cron(self, String(part), in: text) }
            // Sunday is 0 and 7.
            for number in numbers { values.insert(range.upperBound == 7 ? number % 7 : number) }
        }
        return values
    }

    /// `*`, `5`, `mon-fri`, `10-50/20`; nil when it is none of them.
    private func numbers(_ part: Substring) -> StrideThrough<Int>? {
        let halves = part.split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count <= 2, let ends = ends(halves[0]) else { return nil }
        guard halves.count == 2 else { return stride(from: ends.lowerBound, through: ends.upperBound, by: 1) }
        // A step goes with a range or a star, in crontab(5).
        guard let step = number(halves[1], 1...range.upperBound + 1), halves[0] == "*" || halves[0].contains("-")
        else { return nil }
        return stride(from: ends.lowerBound, through: ends.upperBound, by: step)
    }

    private func ends(_ text: Substring) -> ClosedRange<Int>? {
        if text == "*" { return range }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(value)
        guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last else {
            return nil
        }
        return first...last
    }

    private func value(_ text: Substring) -> Int? {
        if let word = words.firstIndex(of: text.lowercased()) { return range.lowerBound + word }
        return number(text, range)
    }

    private func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy(Byte.isDigit), let number = Int(text) else {
            return nil
        }
        return range.contains(number) ? number : nil
    }
}

extension FleetError {
    fileprivate static func cron(_ text: String, countOf fields: [String]) -> FleetError {
        FleetError(
            "cron-invalid",
            "“\(text.printableLine)” has \(fields.count) field\(fields.count == 1 ? "" : "s") instead of five.",
            advice:
                "Write minute, hour, day of the month, month and day of the week, such as 30 4 * * mon-fri, or @daily.")
    }

    fileprivate static func cron(_ field: CronField, _ part: String, in text: String) -> FleetError {
        let place = part == text ? "" : " in “\(text.printableLine)”"
        let words = field.words.isEmpty ? "" : ", or \(field.words[0])…\(field.words[field.words.count - 1])"
        return FleetError(
            "cron-invalid", "“\(part.printableLine)”\(place) is no \(field.name).",
            advice:
                "Valid: \(field.range.lowerBound)…\(field.range.upperBound)\(words), *, ranges (1-5), lists (1,3) and steps of ranges (*/2)."
        )
    }
}
