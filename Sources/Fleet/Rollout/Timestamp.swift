/// A point in time: milliseconds since 1970-01-01T00:00:00Z. It comes in as a value; the domain reads no clock.
public struct Timestamp: Hashable, Sendable, Comparable, Codable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let endOfTime = Timestamp(milliseconds: .max)

    public static func < (a: Self, b: Self) -> Bool { a.milliseconds < b.milliseconds }

    /// Later by whole seconds; stays at the end of time where the sum would not fit.
    public func adding(seconds: Int) -> Timestamp {
        let (delta, tooLong) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1000)
        let (sum, tooLate) = milliseconds.addingReportingOverflow(delta)
        if tooLong || tooLate { return Timestamp(milliseconds: seconds < 0 ? .min : .max) }
        return Timestamp(milliseconds: sum)
    }

    public init(from decoder: any Decoder) throws { milliseconds = try Int64(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try milliseconds.encode(to: encoder) }
}
