public import Fleet

/// Live progress of a roll-out.
public enum RolloutProgress: Sendable {
    /// An event was journalled; `changed` are the nodes it moved.
    case event(RolloutEvent, phase: Rollout.Phase, changed: [NodeRun])
    /// An effect is being carried out.
    case began(NodeEffect)
    /// About how many seconds it still takes; nil = nothing is known yet.
    case estimate(Int?)
    /// The driver is done: the roll-out has ended or is suspended.
    case settled(Rollout)
}
