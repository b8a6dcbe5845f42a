extension Rollout.Phase {
    /// One word; stable: it is in JSON and in the store.
    public var word: String {
        switch self {
        case .ready: "ready"
        case .running: "running"
        case .pausing: "pausing"
        case .waiting: "waiting"
        case .draining: "draining"
        case .suspended: "suspended"
        case .stopping: "stopping"
        case .ended(.completed): "completed"
        case .ended(.completedWithFailures): "completed-with-failures"
        case .ended(.stopped(.failure)): "stopped"
        case .ended(.stopped(.aborted)): "aborted"
        }
    }
}

extension NodeState {
    /// One word or two; stable: it is in JSON and in the store.
    public var word: String {
        switch self {
        case .leftAlone(let verdict): verdict.rawValue
        case .queued: "queued"
        case .active: "active"
        case .ended(.verified): "verified"
        case .ended(.held): "held"
        case .ended(.skipped): "skipped"
        case .ended(.failed): "failed"
        case .ended(.lost): "lost"
        case .ended(.reverted): "reverted"
        }
    }
}
