extension Rollout {
    /// What may begin now. Called after every accepted event; the only place where nodes leave the queue.
    mutating func schedule(at time: Timestamp) -> [RolloutEffect] {
        let isIdle = !nodes.contains { $0.state.step != nil }
        switch phase {
        case .running: return isIdle ? beginWave(at: time) : []
        case .draining:
            if isIdle { phase = isQueueEmpty ? .ended(.completed) : .suspended }
        case .stopping(let reason):
            if isIdle { holdTheRest(reason) }
        case .ready, .pausing, .suspended, .ended: break
        }
        return []
    }

    private var isQueueEmpty: Bool { !nodes.contains { $0.state == .queued } }

    private mutating func beginWave(at time: Timestamp) -> [RolloutEffect] {
        let waiting = nodes.indices.filter { nodes[$0].state == .queued }
        guard let next = waiting.map({ nodes[$0].wave }).min() else {
            phase = .ended(.completed)
            return []
        }
        // The wave is counted up when its pause begins, so it begins without another one.
        if next != wave, settings.pauseSeconds > 0 {
            let until = time.adding(seconds: settings.pauseSeconds)
            phase = .pausing(until: until)
            wave = next
            return [.wake(until)]
        }
        wave = next
        return waiting.filter { nodes[$0].wave == next }.map { enter($0, .locking) }
    }

    private mutating func holdTheRest(_ reason: Stop) {
        for position in nodes.indices where nodes[position].state == .queued {
            nodes[position].state = .ended(.held)
            changed.insert(position)
        }
        phase = .ended(.stopped(reason))
    }
}
