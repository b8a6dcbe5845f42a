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
    /// `bears`: whether its cluster bears its loss, as it sees that now.
    mutating func obey(
        _ action: NodeEffect.Action, _ token: FencingToken, at now: Int, bears: Bool
    ) -> SimulatedLook {
        live(until: now)
        switch action {
        case .awaitReturn(let from, let deadline): return awaitReturn(from, now, deadline)
        case .awaitRevert(_, let deadline): return awaitRevert(token, now, deadline)
        case .recover(let deadline): return recover(token, now, deadline)
        default: break
        }
        guard answers(now) else { return .unreachable }
        if case .lock = action { return take(token) ? .outcome(.done) : .failed("fencing-token-outdated") }
        if case .unlock = action {
            if lock?.rollout == token.rollout, (lock?.number ?? 0) <= token.number { lock = nil }
            return .outcome(.done)
        }
        if let look = look(action, bears) { return look }
        guard lock == token else { return .failed("node-lock-not-held") }
        return change(action, now)
    }

    /// What needs no lock.
    private func look(_ action: NodeEffect.Action, _ bears: Bool) -> SimulatedLook? {
        switch action {
        case .check:
            bears ? isOnDisk ? .failed("facts-changed-since-plan") : .outcome(.done) : .failed("quorum-at-risk")
        case .proveDisk:
            !bears ? .failed("quorum-at-risk") : isInImage ? .outcome(.seen(bootID)) : .failed("not-proven")
        case .proveBoot:
            trial == .reverted ? .failed("node-put-back") : isRunning ? .outcome(.compared([])) : .failed("not-proven")
        case .readBack: .outcome(.done)
        default: nil
        }
    }

    private mutating func change(_ action: NodeEffect.Action, _ now: Int) -> SimulatedLook {
        switch action {
        case .arm(let within): trial = .armed(within: within)
        case .write:
            if fate == .diskFull { return .failed("node-disk-full") }
            isOnDisk = true
        case .run:
            if fate == .rebuildFails { return .failed("rebuild-failed") }
            if fate != .rebuildLies { isInImage = isOnDisk }
        case .reboot(let from):
            if fate == .refusesReboot { return .failed("reboot-refused") }
            if from == bootID, fate != .ignoresReboot { orderReboot(at: now) }
        case .confirm(let boot, let deadline):
            guard case .waiting = trial, boot == bootID else { return .failed("confirmation-refused") }
            guard servicesRun(now) else {
                return now < deadline.seconds ? .again : .failed("services-not-back")
            }
            trial = .confirmed
        case .setGuest(let vm): guests.insert(vm)
        default: break
        }
        return .outcome(.done)
    }

    private mutating func take(_ token: FencingToken) -> Bool {
        guard token.number >= fence else { return false }
        fence = token.number
        lock = token
        return true
    }

    private func awaitReturn(_ from: BootID, _ now: Int, _ deadline: Timestamp) -> SimulatedLook {
        if answers(now), bootID != from { return .outcome(.seen(bootID)) }
        return now < deadline.seconds ? .again : .failed(answers(now) ? "node-did-not-reboot" : "node-lost")
    }

    private mutating func recover(_ token: FencingToken, _ now: Int, _ deadline: Timestamp) -> SimulatedLook {
        guard answers(now) else { return now < deadline.seconds ? .again : .unreachable }
        return take(token) ? .outcome(.seen(bootID)) : .failed("fencing-token-outdated")
    }

    private mutating func awaitRevert(_ token: FencingToken, _ now: Int, _ deadline: Timestamp) -> SimulatedLook {
        guard answers(now) else { return now < deadline.seconds ? .again : .failed("node-lost", contactLost: true) }
        switch trial {
        case .none: return .failed("guard-missing")
        case .armed: return .failed("node-did-not-reboot")
        case .waiting:
            guard take(token) else { return .failed("fencing-token-outdated") }
            putBack(at: now)
            return .again
        case .confirmed: return take(token) ? .outcome(.seen(bootID)) : .failed("fencing-token-outdated")
        case .reverted: return .outcome(.reverted(GuardReport(phase: .reverted, boot: bootID)))
        }
    }
}

extension Timestamp {
    var seconds: Int { Int(milliseconds / 1000) }
}
