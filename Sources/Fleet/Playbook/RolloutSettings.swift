/// How a roll-out goes over the nodes. Durations in whole seconds.
public struct RolloutSettings: Hashable, Sendable, Codable {
    /// Nodes that go first, alone; the rest waits until they are proven.
    public var canaries: Int
    public var batch: Batch
    /// Between two batches.
    public var pauseSeconds: Int
    /// From the reboot command until the node must be back.
    public var returnWithinSeconds: Int

    public enum Batch: Hashable, Sendable, Codable {
        case count(Int)
        /// Of all nodes of the roll-out; rounded down, at least one.
        case percent(Int)
    }

    public init(canaries: Int = 1, batch: Batch = .count(2), pauseSeconds: Int = 10, returnWithinSeconds: Int = 600) {
        self.canaries = canaries
        self.batch = batch
        self.pauseSeconds = pauseSeconds
        self.returnWithinSeconds = returnWithinSeconds
    }
}
