import Engine
import Fleet

/// A second that takes a millisecond.
struct ScaledTime: TimeSource {
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    func now() -> Timestamp {
        let passed = start.duration(to: clock.now) * 1000
        let (seconds, attoseconds) = passed.components
        return Timestamp(milliseconds: 1_800_000_000_000 + seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }

    func sleep(for duration: Duration) async throws { try await clock.sleep(for: duration / 1000) }
}
