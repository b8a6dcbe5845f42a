import Engine
import Fleet

/// What a simulated node needs to put itself back.
struct SimulatedTrial {
    var rollout: RolloutID
    var boot: Int
    /// In which it was armed first.
    var armedIn: Int
    var within: Int
    var files: [String: [UInt8]]
    var initramfs: [UInt8]
    var verdict: GuardReport.Phase?
    var reason = "no confirmation in time"
    var isHurried = false
}

extension SimulatedNode {
    /// Does what would have happened by now.
    func passTime() {
        guard let trial, trial.verdict == nil, trial.boot != boot, reboots > 0, !faults.contains(.neverReturns) else {
            return
        }
        let end = bootedAt.adding(seconds: trial.within)
        guard trial.isHurried || time.now() >= end else { return }
        self.trial?.verdict = .reverted
        files = trial.files
        initramfs = trial.initramfs
        running = trial.initramfs
        boot += 1
        runningGuests = startingAtBoot
        faults.subtract([.losesNetwork, .bootLies, .servicesStayDown])
        bootedAt = (trial.isHurried ? time.now() : end).adding(seconds: 5)
        downUntil = bootedAt
    }

    func arm(withinSeconds: Int, _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        if let trial, trial.rollout == token.rollout {
            self.trial?.boot = boot
        } else {
            trial = SimulatedTrial(
                rollout: token.rollout, boot: boot, armedIn: boot, within: withinSeconds, files: files,
                initramfs: initramfs)
        }
        try mayLoseAnswer()
    }

    func confirm(_ boot: BootID, _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        guard let trial, trial.rollout == token.rollout else {
            throw .refused(FleetError("guard-missing", "None."), nil)
        }
        if trial.verdict == .reverted { throw .refused(FleetError("confirmed-too-late", "Too late."), nil) }
        guard boot == bootID, trial.boot != self.boot else { throw .refused(FleetError("boot-changed", "Other."), nil) }
        if faults.contains(.servicesStayDown) { throw .refused(FleetError("services-not-back", "Down."), nil) }
        self.trial?.verdict = .confirmed
        try mayLoseAnswer()
    }

    func putBack(because reason: String, _ token: FencingToken) throws(NodeFailure) -> Bool {
        try requireLock(token)
        guard let trial, trial.verdict == nil else { return true }
        self.trial?.reason = reason
        if trial.boot == boot {
            guard files != trial.files || initramfs != trial.initramfs else { return false }
            if trial.armedIn == boot {
                (files, initramfs) = (trial.files, trial.initramfs)
                self.trial?.verdict = .reverted
                return true
            }
            self.trial?.boot = trial.armedIn
        }
        self.trial?.isHurried = true
        passTime()
        return true
    }

    func guardReport() throws(NodeFailure) -> GuardReport {
        try requireUp()
        guard let trial else { return GuardReport(phase: .none, boot: bootID) }
        let phase = trial.verdict ?? (trial.boot == boot ? .armed : .waiting)
        let entry = GuardReport.Entry(at: "", uptime: 0, word: "reverting", text: trial.reason)
        return GuardReport(
            phase: phase, boot: bootID, rollout: trial.rollout, withinSeconds: trial.within,
            record: phase == .reverted ? [entry] : [])
    }
}
