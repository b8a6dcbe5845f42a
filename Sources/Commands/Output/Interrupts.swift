internal import Dispatch
internal import Foundation
internal import Synchronization

/// The first interrupt asks the work to come to an end, the second leaves at once. Between two works one is enough.
///
/// What comes within half a second of the first is the same one: `timeout` signals its child and then its whole group.
/// SIGTERM counts as one, and so does SIGHUP, unless it has a meaning of its own: a terminal that is closed must not end a
/// roll-out in mid-step.
final class Interrupts: Sendable {
    private let farewell: String
    private let first: @Sendable () -> Void
    private let hangup: (@Sendable () -> Void)?
    private let began = Mutex<ContinuousClock.Instant?>(nil)
    private static let oneAndTheSame = Duration.milliseconds(500)

    private static let active = Mutex<Interrupts?>(nil)
    // Once for the life of the process: on Linux, libdispatch keeps its handler of a signal for all sources that ever
    // were, and one that was replaced meanwhile is not put back.
    private static let sources = Mutex([SIGINT, SIGTERM, SIGHUP].map(source))

    /// `farewell`: what is said when leaving at once. `hangup`: what SIGHUP means; nil = an interrupt.
    init(
        farewell: String, hangup: (@Sendable () -> Void)? = nil, first: @escaping @Sendable () -> Void
    ) {
        self.farewell = farewell
        self.hangup = hangup
        self.first = first
        Self.active.withLock { $0 = self }
        Self.sources.withLock { _ in }
    }

    var wasInterrupted: Bool { began.withLock { $0 != nil } }

    func end() { Self.active.withLock { $0 = nil } }

    private static func source(_ number: Int32) -> any DispatchSourceSignal {
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            guard let active = active.withLock({ $0 }) else { leave("\nInterrupted.") }
            if number == SIGHUP, let hangup = active.hangup { hangup() } else { active.interrupt() }
        }
        source.resume()
        return source
    }

    private func interrupt() {
        let earlier = began.withLock { began in
            defer { began = began ?? .now }
            return began
        }
        guard let earlier else { return first() }
        if earlier.duration(to: .now) >= Self.oneAndTheSame { Self.leave(farewell) }
    }

    static func leave(_ words: String) -> Never {
        FileHandle.standardError.write(Data("\(words)\n".utf8))
        CommandLineTool.leave(Outcome.interrupted.rawValue)
    }
}
