import Engine
import Fleet
import Foundation

/// A process that drives a roll-out: from its start until it ends by itself or is killed.
final class SimulatedController: @unchecked Sendable {
    let number: Int
    private let isLocal: Bool
    let executor: HeldExecutor
    /// How far its machine's clock is off, in seconds.
    var skew: Int
    let controls: AsyncStream<RolloutOrder>
    let tell: AsyncStream<RolloutOrder>.Continuation
    var task: Task<Void, Never>?
    private(set) var isAlive = true
    /// Nothing of it runs meanwhile, as after SIGSTOP.
    private(set) var isStopped = false
    /// All of its tasks are over.
    private(set) var isGone = false
    /// What its tasks wait for, and what came while it was stopped.
    private var waits: [Int: (Bool) -> Void] = [:]
    private var late: [Int] = []

    init(number: Int, skew: Int, isLocal: Bool, hasDatabase: Bool) {
        self.number = number
        executor = HeldExecutor(isShared: hasDatabase)
        self.isLocal = isLocal
        self.skew = skew
        (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
    }

    /// Others find no process of that name on this machine; on another one none can be looked for.
    var holder: LeaseHolder {
        LeaseHolder(description: isLocal ? "controller \(number), \(Self.ended)" : "controller \(number)")
    }

    /// The first process, if it had begun at another time.
    private static let ended: String = {
        let own = LeaseHolder(actor: "").description
        return "process 1 started at 0" + (own.range(of: " in boot ").map { own[$0.lowerBound...] } ?? "")
    }()

    /// How many of its jobs could go on.
    var readyCount: Int { isStopped ? 0 : executor.count }

    // MARK: - Waits

    /// Suspends until `end` is called for `id`: true = what was waited for has come.
    func wait(_ id: Int, _ begin: () -> Void) async -> Bool {
        guard isAlive, !Task.isCancelled else { return false }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                waits[id] = { continuation.resume(returning: $0) }
                begin()
            }
        } onCancel: {
            end(id, false)
        }
    }

    func end(_ id: Int, _ hasCome: Bool) {
        if isStopped, hasCome { return late.append(id) }
        waits.removeValue(forKey: id)?(hasCome)
    }

    // MARK: - Life

    /// Its tasks find nothing that answers any more, and come to their end without a trace.
    func kill() {
        isAlive = false
        isStopped = false
        let open = waits.sorted { $0.key < $1.key }
        waits = [:]
        for (_, end) in open { end(false) }
        task?.cancel()
        tell.finish()
    }

    func stop() { isStopped = true }

    func goOn() {
        isStopped = false
        let all = late
        late = []
        for id in all { end(id, true) }
    }

    /// It has returned.
    func hasEnded() {
        isAlive = false
        isGone = true
        tell.finish()
    }
}

/// What a controller's clocks show.
struct SimulatedTime: TimeSource {
    let course: Course
    let controller: SimulatedController

    func now() -> Timestamp { course.clock(of: controller) }

    func sleep(for duration: Duration) async throws {
        let (seconds, rest) = duration.components
        let least = max(1, Int(seconds) + (rest > 0 ? 1 : 0))
        guard await course.wait(controller, for: course.delayed(least, controller)) else { throw CancellationError() }
    }
}
