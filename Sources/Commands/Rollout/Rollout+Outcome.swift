internal import Fleet
internal import Forms

extension Fleet.Rollout {
    /// 0 = every node of the plan is verified or was as wanted; 1 = some failed, are lost, held, blocked or unreachable;
    /// 130 = suspended before its end.
    var outcome: Outcome {
        guard isEnded else { return .interrupted }
        let isGood = nodes.allSatisfy { node in
            node.state == .ended(.verified) || node.state == .leftAlone(.unchanged)
        }
        return isGood ? .good : .failed
    }

    /// 0 = it has ended, and no node failed or is lost: held nodes are what was asked for.
    var abortOutcome: Outcome {
        isEnded && nodes.allSatisfy { $0.state.result?.problem == nil } ? .good : .failed
    }
}
