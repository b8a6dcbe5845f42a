extension Rollout.Phase {
    /// One word; stable: it is in JSON and in the store.
    public var word: String {
        switch self {
        case .ready: "ready"
        case .running: "running"
        case .pausing: "pausing"
        case .draining: "draining"
        case .suspended: "suspended"
        case .stopping: "stopping"
        case .ended(.completed): "completed"
        case .ended(.stopped(.failure)): "stopped"
        case .ended(.stopped(.aborted)): "aborted"
        }
    }
}
