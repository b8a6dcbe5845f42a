/// What an operator may tell a roll-out that is under way, also from another terminal.
public enum RolloutOrder: Hashable, Sendable, Codable {
    /// Finish what is in flight, then stop; `resume` goes on.
    case suspend
    /// Finish what is in flight, then hold the rest for good.
    case abort
    /// Leave a node that nothing was done to yet as it is.
    case skip(NodeName)
}

extension RolloutEvent.Kind {
    /// The event that an order becomes.
    public init(_ order: RolloutOrder) {
        self =
            switch order {
            case .suspend: .suspend
            case .abort: .abort
            case .skip(let node): .skip(node)
            }
    }
}
