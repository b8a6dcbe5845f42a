import Fleet
import Store

/// Gathers sightings and stores many in one transaction, so that a node costs little more than its rows.
///
/// While one batch is being written the next one gathers.
actor SightingRecorder {
    private let store: Store
    private let time: any TimeSource
    private var summary: SweepSummary
    private var pending: [Sighting] = []
    private var writer: Task<Void, Never>?
    private var pause: Task<Void, Never>?
    private var isFinishing = false
    private(set) var failure: FleetError?

    /// Written at once when so many have gathered.
    private static let batch = 256
    /// Written at the latest when one has waited so long.
    private static let patience = Duration.milliseconds(50)

    init(store: Store, sweep: SweepID, time: any TimeSource) {
        self.store = store
        self.time = time
        summary = SweepSummary(id: sweep)
    }

    func add(_ sighting: Sighting) {
        pending.append(sighting)
        if pending.count >= Self.batch { pause?.cancel() }
        if writer == nil, failure == nil { writer = Task { await drain() } }
    }

    /// Waits until everything is stored.
    func finish() async throws(FleetError) -> SweepSummary {
        isFinishing = true
        pause?.cancel()
        await writer?.value
        if let failure { throw failure }
        return summary
    }

    private func drain() async {
        while !pending.isEmpty, failure == nil {
            await gather()
            let sightings = pending
            pending = []
            do throws(FleetError) {
                let changes = try await store.record(sightings, in: summary.id)
                count(sightings, changes)
            } catch { failure = error }
        }
        writer = nil
    }

    private func gather() async {
        guard pending.count < Self.batch, !isFinishing else { return }
        let pause = Task { [time] in _ = try? await time.sleep(for: Self.patience) }
        self.pause = pause
        await pause.value
        self.pause = nil
    }

    private func count(_ sightings: [Sighting], _ changes: [Bool]) {
        for (sighting, isNew) in zip(sightings, changes) {
            switch sighting.outcome {
            case .answered:
                summary.observed.insert(sighting.node)
                if isNew { summary.changed.append(sighting.node) }
            case .failed(let error): summary.failed[sighting.node] = error
            }
        }
    }
}
