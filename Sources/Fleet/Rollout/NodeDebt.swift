/// What roll-outs took away from a node and have not been seen to give back: guests that ran, their start with the node, and
/// what is set in its cluster. Whichever roll-out comes to the node next owes it.
public struct NodeDebt: Hashable, Sendable, Codable {
    public var node: NodeName
    /// The one that left it so.
    public var rollout: RolloutID
    /// When the node ended there, by the controller's clock; nil = it did not say.
    public var since: Timestamp?
    /// Guests that are not back, in start order.
    public var stays: [GuestStay]
    /// What may still be set in its cluster; nil = nothing.
    public var hold: ClusterHold?

    public init(
        node: NodeName, rollout: RolloutID, since: Timestamp? = nil, stays: [GuestStay] = [], hold: ClusterHold? = nil
    ) {
        self.node = node
        self.rollout = rollout
        self.since = since
        self.stays = stays
        self.hold = hold
    }

    /// What a node's way through a roll-out has left; nil = nothing is owed.
    public init?(_ run: NodeRun, of rollout: RolloutID) {
        let stays = (run.stays ?? []).filter { !$0.isBack }
        let hold = run.hold.flatMap { $0.isSettled ? nil : $0 }
        guard !stays.isEmpty || hold != nil else { return nil }
        self.init(node: run.node, rollout: rollout, since: run.endedAt, stays: stays, hold: hold)
    }

    /// What is not known to be as before, and what to type.
    public var remains: String {
        [hold?.remains, stays.remains].compactMap(\.self).joined(separator: " ")
    }
}

/// What a fresh look has left of a debt.
public struct DebtReview: Hashable, Sendable, Codable {
    /// Guests that are still to be brought back, in start order.
    public var stays: [GuestStay]
    public var hold: ClusterHold?
    /// Why parts of it are owed no more, a sentence each.
    public var notes: [String]

    public init(stays: [GuestStay] = [], hold: ClusterHold? = nil, notes: [String] = []) {
        self.stays = stays
        self.hold = hold
        self.notes = notes
    }
}

extension NodeRun {
    /// It waits for its turn, and does not know of this debt yet.
    public func isOpen(to debt: NodeDebt) -> Bool { state == .queued && self.debt != debt }
}

extension Rollout {
    /// What a node that has ended here is still owed; nil = nothing.
    public func debt(of run: NodeRun) -> NodeDebt? {
        guard run.state.result != nil else { return nil }
        return run.debt ?? NodeDebt(run, of: id)
    }

    /// Debts of nodes that wait here become theirs.
    mutating func takeOver(_ debts: [NodeDebt]) {
        for debt in debts {
            guard let position = positions[debt.node], nodes[position].isOpen(to: debt) else { continue }
            nodes[position].debt = debt
            changed.insert(position)
        }
    }
}

extension NodePlan {
    /// Gives back what is owed, and does nothing else.
    public static func settling(_ node: NodeName, _ debt: NodeDebt?) -> NodePlan {
        let note = Reason.note(.nothingOwed, "Nothing that roll-outs took away from this node is owed to it.")
        return NodePlan(node: node, verdict: .unchanged, reasons: debt == nil ? [note] : []).owing(debt)
    }

    /// The same plan, with what earlier roll-outs owe the node. A node that is as wanted otherwise is to get it back too.
    /// `isObserved`: nothing may be changed there.
    public func owing(_ debt: NodeDebt?, isObserved: Bool = false) -> NodePlan {
        guard let debt else { return self }
        var plan = self
        let isGivenBack = !isObserved && [.change, .unchanged].contains(verdict)
        let what = isGivenBack ? "This roll-out gives it back" : "The next roll-out over the node gives it back"
        plan.add([
            .warning(
                .debtOpen,
                "The roll-out \(debt.rollout) has not given back all that it took away. \(debt.remains) \(what), as far as "
                    + "a fresh look shows that it still is so.")
        ])
        guard isGivenBack else { return plan }
        plan.debt = debt
        plan.verdict = .change
        return plan
    }
}
