/// What an operator may tell a roll-out that is under way, also from another terminal.
public enum RolloutOrder: Hashable, Sendable, Codable {
    /// Finish what is in flight, then stop; `resume` goes on.
    case suspend
    /// Finish what is in flight, then hold the rest for good.
    case abort
    /// Leave a node that nothing was done to yet as it is.
    case skip(NodeName)
    /// Take a node that failed, is lost, put itself back or was skipped up again, from its start.
    case retry(NodeName)
}

extension RolloutEvent.Kind {
    /// The event that an order becomes.
    public init(_ order: RolloutOrder) {
        self =
            switch order {
            case .suspend: .suspend
            case .abort: .abort
            case .skip(let node): .skip(node)
            case .retry(let node): .retry(node)
            }
    }
}
