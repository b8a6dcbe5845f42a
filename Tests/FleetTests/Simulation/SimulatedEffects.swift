import Fleet

/// What comes of one look at a node: an outcome, or another look later.
enum SimulatedLook {
    case outcome(Outcome)
    case again

    static func failed(_ code: FleetError.Code, contactLost: Bool = false) -> SimulatedLook {
        .outcome(.failed(.init(FleetError(code, "It failed."), isContactLost: contactLost)))
    }

    static let unreachable = failed("ssh-unreachable", contactLost: true)
}

/// The orders that the driver gives nodes, as nodes obey them.
extension SimulatedMember {
    /// `clock`: the controller's, which its deadlines are of. `bears`: whether its cluster bears its loss, as it sees that
    /// now.
    mutating func obey(
        _ action: NodeEffect.Action, _ token: FencingToken, at now: Int, clock: Int, bears: @autoclosure () -> Bool
    ) -> SimulatedLook {
        live(until: now)
        switch action {
        case .awaitReturn(let from, let deadline): return awaitReturn(from, now, isDue: clock >= deadline.seconds)
        case .awaitRevert(_, let deadline): return awaitRevert(token, now, isDue: clock >= deadline.seconds)
        case .recover(let deadline): return recover(token, now, isDue: clock >= deadline.seconds)
        default: break
        }
        guard answers(now) else { return .unreachable }
        if case .lock = action { return take(token) ? .outcome(.done) : .failed("fencing-token-outdated") }
        if case .unlock = action { return unlock(token) }
        if let look = look(action, bears) { return look }
        if case .releaseCluster = action, !take(token) { return .failed("fencing-token-outdated") }
        if case .bringBack(let guest) = action {
            return take(token) ? bringBack(guest) : .failed("fencing-token-outdated")
        }
        if case .awaitHome = action, let look = tie(action) { return look }
        guard lock == token else { return .failed("node-lock-not-held") }
        if let look = tie(action) { return look }
        return change(action, now, clock)
    }

    /// What needs no lock.
    private func look(_ action: NodeEffect.Action, _ bears: () -> Bool) -> SimulatedLook? {
        switch action {
        case .checkAgain: bears() ? checkedTies : .failed("quorum-at-risk")
        case .check:
            bears() ? isOnDisk ? .failed("facts-changed-since-plan") : checkedTies : .failed("quorum-at-risk")
        case .proveDisk(let hold):
            !bears()
                ? .failed("quorum-at-risk")
                : tiesForbid(hold) != nil
                    ? .failed("cluster-changed-meanwhile")
                    : evacuates && !running.isEmpty
                        ? .failed("guest-started-meanwhile")
                        : isInImage ? .outcome(.seen(bootID)) : .failed("not-proven")
        case .proveBoot:
            trial == .reverted ? .failed("node-put-back") : isRunning ? .outcome(.compared([])) : .failed("not-proven")
        case .readBack: guests == wantedGuests ? .outcome(.done) : .failed("not-proven")
        case .noteGuests: .outcome(.noted(stays))
        default: nil
        }
    }

    private mutating func change(_ action: NodeEffect.Action, _ now: Int, _ clock: Int) -> SimulatedLook {
        switch action {
        case .arm(let within):
            guard trial != .stuck else { return .failed("node-on-trial") }
            if fate != .armLies { (trial, guardWithin) = (.armed, within) }
        case .write:
            guard guardThisBoot() else { return .failed("node-put-back") }
            if fate == .diskFull { return .failed("node-disk-full") }
            if fate != .writeLies { isOnDisk = true }
        case .run:
            guard guardThisBoot() else { return .failed("node-put-back") }
            if fate == .rebuildFails { return .failed("rebuild-failed") }
            if fate != .rebuildLies { isInImage = isOnDisk }
        case .reboot(let from):
            guard from == bootID else { break }
            guard guardThisBoot() else { return .failed("node-put-back") }
            if fate == .refusesReboot { return .failed("reboot-refused") }
            if fate != .ignoresReboot { orderReboot(at: now) }
        case .confirm(let boot, let deadline):
            if trial == .confirmed, boot == bootID { break }
            guard case .waiting = trial, boot == bootID else { return .failed("confirmation-refused") }
            guard servicesRun(now) else { return clock < deadline.seconds ? .again : .failed("services-not-back") }
            trial = .confirmed
        case .setGuest(let vm): if fate != .guestLies { guests.insert(vm) }
        case .evacuate(let guests): return guardThisBoot() ? evacuate(guests) : .failed("node-put-back")
        default: break
        }
        return .outcome(.done)
    }

    /// The boot in which it is changed is no trial of the change.
    private mutating func guardThisBoot() -> Bool {
        switch trial {
        case .waiting: trial = .armed
        case .stuck, .reverted: return false
        case .none, .armed, .confirmed: break
        }
        return true
    }

    private mutating func take(_ token: FencingToken) -> Bool {
        guard token.number >= fence else { return false }
        fence = token.number
        lock = token
        return true
    }

    private mutating func unlock(_ token: FencingToken) -> SimulatedLook {
        guard lock?.rollout == token.rollout, (lock?.number ?? 0) <= token.number else { return .outcome(.done) }
        lock = nil
        if trial == .armed { trial = .none }
        if trial == .stuck { isGivenUp = true }
        return .outcome(.done)
    }

    private func awaitReturn(_ from: BootID, _ now: Int, isDue: Bool) -> SimulatedLook {
        if answers(now), bootID != from { return .outcome(.seen(bootID)) }
        return isDue ? .failed(answers(now) ? "node-did-not-reboot" : "node-lost") : .again
    }

    private mutating func recover(_ token: FencingToken, _ now: Int, isDue: Bool) -> SimulatedLook {
        guard answers(now) else { return isDue ? .unreachable : .again }
        return take(token) ? .outcome(.seen(bootID)) : .failed("fencing-token-outdated")
    }

    private mutating func awaitRevert(_ token: FencingToken, _ now: Int, isDue: Bool) -> SimulatedLook {
        guard answers(now) else { return isDue ? .failed("node-lost", contactLost: true) : .again }
        switch trial {
        case .none: return .failed("guard-missing")
        case .armed: return .failed("node-did-not-reboot")
        case .waiting:
            guard take(token) else { return .failed("fencing-token-outdated") }
            putBack(at: now)
            return .again
        case .confirmed: return take(token) ? .outcome(.seen(bootID)) : .failed("fencing-token-outdated")
        case .stuck: return .failed("put-back-failed")
        case .reverted: return .outcome(.reverted(GuardReport(phase: .reverted, boot: bootID)))
        }
    }
}

extension Timestamp {
    var seconds: Int { Int(milliseconds / 1000) }
}
