/// What came of a node's last try, while it is taken up again: what it goes back to if that does not happen after all.
struct EarlierTry: Hashable, Sendable, Codable {
    /// Counts from 1.
    var number: Int
    var result: NodeResult
    var bootBefore: BootID?
    var bootAfter: BootID?
    var misses: [ForecastMiss]?
    var revert: GuardReport?
    var begunAt: Timestamp?
    var endedAt: Timestamp?
}

extension NodeRun {
    /// It ended in a way that an operator can have tried again.
    public var canBeRetried: Bool {
        switch state.result {
        case .failed, .lost, .reverted, .skipped: true
        case .verified, .held, nil: false
        }
    }

    /// Something of an earlier try may be on the node.
    var maybeHalfDone: Bool {
        switch earlier?.result {
        case .failed, .lost: true
        case .reverted, .skipped, .verified, .held, nil: false
        }
    }

    /// Queued again, as if nothing had been done yet.
    mutating func takeUpAgain(in rollout: RolloutID) {
        guard canBeRetried, let result = state.result else { return }
        earlier = EarlierTry(
            number: tries, result: result, bootBefore: bootBefore, bootAfter: bootAfter, misses: misses, revert: revert,
            begunAt: begunAt, endedAt: endedAt)
        state = .queued
        // What the earlier try still owes is owed by this one.
        debt = debt ?? NodeDebt(self, of: rollout)
        stays = nil
        hold = nil
        isHostAsBefore = nil
        attempt = 0
        retries = 0
        bootBefore = nil
        bootAfter = nil
        misses = nil
        revert = nil
        begunAt = nil
        endedAt = nil
    }

    /// Keeps which guests have to be as before again; those that are owed are as they were before they left first.
    mutating func note(_ seen: [GuestStay]) {
        let owed = stays ?? []
        let here = seen.map { guest in owed.first { $0.vm == guest.vm }.map(guest.owing) ?? guest }
        let others = owed.filter { guest in !seen.contains { $0.vm == guest.vm } }
        stays = (here + others).sorted(by: GuestStay.comesBackBefore)
    }

    /// What a look has left of the debt is this try's to give back.
    mutating func note(_ review: DebtReview) {
        debt = nil
        stays = review.stays.isEmpty ? nil : review.stays
        hold = review.hold
    }

    /// Keeps what is to be set in the cluster, with what an earlier try still owes there.
    mutating func note(_ seen: ClusterHold?) {
        hold = hold.map { $0.adding(seen ?? ClusterHold(host: $0.host)) } ?? seen
    }

    /// Guests that lack what they had, on a host that is as it was.
    private var strippedWords: String? {
        guard isHostAsBefore == true, let stripped else { return nil }
        let guests = stripped.map { "VM \($0)" }.joined(separator: ", ")
        return
            "Not seen to have again what the undo took from it: \(guests) (as it was: guests/\(stripped[0]).conf in the "
            + "roll-out's folder in /var/lib/vfiofleet/backups)."
    }

    /// What of it is not as before, in words; nil = nothing.
    public var remains: String? {
        let sentences = [debt?.remains, hold?.remains, stays?.remains, strippedWords].compactMap(\.self)
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    /// What it ends with when it is left alone before anything was done to it in this try.
    func untouched(_ result: NodeResult) -> NodeResult { earlier?.result ?? result }

    /// Ends it so; what was known of the earlier try is known again.
    mutating func endUntouched(_ result: NodeResult) {
        state = .ended(untouched(result))
        recallEarlierTry()
    }

    mutating func recallEarlierTry() {
        guard let earlier, bootBefore == nil, revert == nil else { return }
        bootBefore = earlier.bootBefore
        bootAfter = earlier.bootAfter
        misses = earlier.misses
        revert = earlier.revert
        begunAt = earlier.begunAt
        endedAt = earlier.endedAt
    }
}
