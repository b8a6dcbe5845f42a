public import Fleet
public import Store

/// Follows a roll-out that another process drives: its journal, taken by the same state machine, shows what the driver sees.
public struct RolloutReplay: Sendable {
    public private(set) var rollout: Rollout
    /// The number of the last event taken.
    public private(set) var lastEvent: Int

    public init(_ stored: StoredRollout) {
        rollout = stored.rollout
        lastEvent = stored.lastEvent
    }

    /// Nobody goes on with it any more.
    public var isSettled: Bool { rollout.isEnded || rollout.phase == .suspended }

    /// What followed from the next event. Nil where it is not the next, or does not fit: then the state has to be read anew.
    public mutating func take(_ entry: JournalEntry) -> [RolloutProgress]? {
        guard entry.number == lastEvent + 1 else { return entry.number <= lastEvent ? [] : nil }
        guard case .accepted(let effects) = rollout.handle(entry.event) else { return nil }
        lastEvent = entry.number
        let changed = rollout.changed.sorted().map { rollout.nodes[$0] }
        let began = effects.compactMap { effect -> RolloutProgress? in
            if case .node(let effect) = effect { .began(effect) } else { nil }
        }
        return [.event(entry.event, phase: rollout.phase, changed: changed)] + began
            + [.estimate(rollout.secondsLeft(at: entry.event.at))]
    }
}
