/// The clocks of one time zone, in whole seconds since 1970. Years far off are not looked at, so that nothing can overflow.
struct LocalClock: Sendable {
    /// Seconds of UTC between which the clocks are `offset` seconds ahead.
    struct Segment {
        var span: Range<Int>
        var offset: Int
    }

    /// In order, without gaps.
    let segments: [Segment]

    static let day = 86_400
    private static let known = -62_000_000_000..<250_000_000_000

    static let utc = LocalClock(segments: [Segment(span: known, offset: 0)])

    private init(segments: [Segment]) { self.segments = segments }

    init(_ zone: ZoneOffsets) {
        let changes = zone.changes
        segments = changes.indices.compactMap { index in
            let from = index == changes.startIndex ? Self.known.lowerBound : Self.seconds(changes[index].at)
            let until = index + 1 < changes.endIndex ? Self.seconds(changes[index + 1].at) : Self.known.upperBound
            guard from < until, abs(changes[index].seconds) < 2 * Self.day else { return nil }
            return Segment(span: from..<until, offset: changes[index].seconds)
        }
    }

    static func seconds(_ time: Timestamp) -> Int {
        min(max(Int(time.milliseconds / 1000), known.lowerBound), known.upperBound - 1)
    }

    static func timestamp(_ seconds: Int) -> Timestamp { Timestamp(milliseconds: Int64(seconds) * 1000) }

    /// Days since 1970-01-01.
    static func dayNumber(_ seconds: Int) -> Int { seconds.floorDivided(by: day) }

    /// What the clocks show.
    func local(at seconds: Int) -> Int {
        let segment = segments.last { $0.span.lowerBound <= seconds } ?? segments.first
        return seconds + (segment?.offset ?? 0)
    }

    /// When the clocks show this: once, twice where they are put back, and where they are put forward past it, at the moment
    /// of that.
    func instants(showing local: Int) -> [Int] {
        let instants = segments.compactMap { $0.span.contains(local - $0.offset) ? local - $0.offset : nil }
        guard instants.isEmpty else { return instants }
        return segments.first { $0.span.lowerBound + $0.offset > local }.map { [$0.span.lowerBound] } ?? []
    }
}
