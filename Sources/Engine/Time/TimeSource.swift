public import Fleet
import Foundation

/// Where the engine gets the time from, so that tests need not wait.
public protocol TimeSource: Sendable {
    func now() -> Timestamp

    /// Returns after `duration`, or throws `CancellationError`.
    func sleep(for duration: Duration) async throws
}

/// The system's clocks: the wall clock for what is written down, a monotonic one for waiting.
public struct SystemTime: TimeSource {
    public init() {}

    public func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    public func sleep(for duration: Duration) async throws {
        try await ContinuousClock().sleep(for: duration)
    }
}

extension TimeSource {
    /// Returns at `later` by the wall clock, also where that is put right meanwhile, or throws `CancellationError`.
    func sleep(until later: Timestamp) async throws {
        while now() < later { try await sleep(for: min(now().duration(until: later), .seconds(60))) }
    }
}

extension Timestamp {
    /// From `self` until `later`; never negative.
    func duration(until later: Timestamp) -> Duration {
        later > self ? .milliseconds(later.milliseconds &- milliseconds) : .zero
    }
}
