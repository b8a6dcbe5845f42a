internal import Dispatch
internal import Engine
internal import Foundation
internal import Synchronization

/// The first interrupt stops after what is in flight, the second leaves at once; both can be resumed.
final class Interrupts: Sendable {
    let controls: AsyncStream<RolloutControl>
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// `order`: what the driver is told at once.
    init(console: Console, order: RolloutControl? = nil) {
        let (stream, continuation) = AsyncStream.makeStream(of: RolloutControl.self)
        controls = stream
        if let order { continuation.yield(order) }
        let count = Atomic(0)
        let interrupted: @Sendable () -> Void = {
            if count.add(1, ordering: .relaxed).newValue == 1 {
                console.complain("Finishing what is in flight; once more leaves at once.")
                continuation.yield(.suspend)
            } else {
                console.complain(
                    "Left. What is under way on the nodes goes on; vfiofleet rollout resume looks there first.")
                exit(130)
            }
        }
        sources = Mutex([SIGINT, SIGTERM].map { Self.source($0, interrupted) })
    }

    private static func source(_ number: Int32, _ handler: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }

    func end() {
        sources.withLock { sources in
            for source in sources { source.cancel() }
        }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }
}
