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

extension RolloutOrder {
    /// The node it is for.
    public var node: NodeName? {
        switch self {
        case .suspend, .abort: nil
        case .skip(let node), .retry(let node): node
        }
    }

    /// Why it can't be obeyed by its node, `run`, once the orders before it are; nil = nothing is known against it.
    public func refusal(by run: NodeRun?, after earlier: [RolloutOrder]) -> String? {
        guard let node else { return nil }
        var (isQueued, canBeRetried) = (run?.state == .queued, run?.canBeRetried == true)
        for order in earlier where order.node == node {
            switch order {
            case .skip where isQueued: (isQueued, canBeRetried) = (false, true)
            case .retry where canBeRetried: (isQueued, canBeRetried) = (true, false)
            default: break
            }
        }
        if case .retry = self {
            return canBeRetried ? nil : "\(node) has not ended, or well, so it can't be tried again."
        }
        return isQueued ? nil : "\(node) does not wait for its turn, so it can't be skipped."
    }
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
