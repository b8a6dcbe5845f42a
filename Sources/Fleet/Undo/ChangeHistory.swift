/// What roll-outs did to one thing, oldest first: each found it in one state and left it in another. Between them anybody
/// may have changed it, and each of them may have been killed before it took effect.
struct ChangeHistory<State: Equatable & Sendable>: Sendable {
    struct Step: Sendable {
        var rollout: RolloutID
        var before: State
        var after: State
    }

    private(set) var steps: [Step] = []

    mutating func append(_ rollout: RolloutID, before: State, after: State) {
        steps.append(Step(rollout: rollout, before: before, after: after))
    }

    /// The steps that are still in force, oldest first. Left out are those that took no effect or were taken back by hand
    /// (what came next found the state from before), and those that a later one took back (an undo).
    func inForce(_ present: State) -> [Step] {
        var inForce: [Step] = []
        for (index, step) in steps.enumerated() {
            let next = index + 1 < steps.count ? steps[index + 1].before : present
            guard step.before != step.after, step.before != next else { continue }
            if let start = inForce.firstIndex(where: { $0.before == step.after }) {
                inForce.removeSubrange(start...)
            } else {
                inForce.append(step)
            }
        }
        return Array(inForce.prefix { $0.before != present })
    }

    /// The state from before the steps in force: all of them, or those of one roll-out. One that somebody else chose since
    /// stays.
    func origin(of present: State, before rollout: RolloutID? = nil) -> State {
        inForce(present).reversed().reduce(present) { state, step in
            state == step.after && (rollout == nil || step.rollout == rollout) ? step.before : state
        }
    }
}
