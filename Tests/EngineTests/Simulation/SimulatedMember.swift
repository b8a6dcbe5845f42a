import Engine
import Fleet

/// One node of a simulated fleet: what is on its disk, in its images and in the running system; its lock and its guard.
/// Time is in seconds and comes from outside.
struct SimulatedMember {
    /// What goes wrong on it.
    enum Fate: CaseIterable {
        case well
        case slowBoot
        /// It hangs before its guard can run.
        case hangs
        /// The new settings take its network away.
        case cutOff
        /// The same, and its guard can't put it back.
        case cutOffForGood
        /// It boots, and the devices are not bound.
        case bindsNothing
        /// The same, and its guard can't put it back.
        case bindsNothingForGood
        case diskFull
        /// Writing exits with 0 and does nothing.
        case writeLies
        case rebuildFails
        /// Rebuilding exits with 0 and does nothing.
        case rebuildLies
        /// Setting the guard up exits with 0 and does nothing.
        case armLies
        case refusesReboot
        /// Rebooting exits with 0 and does nothing.
        case ignoresReboot
        case servicesStayDown
        /// Setting a guest exits with 0 and does nothing.
        case guestLies
        /// One of its guests does not shut down.
        case guestStaysUp
        /// Shutting down exits with 0, and one of its guests runs on.
        case shutdownLies
        /// One of its guests does not start again.
        case guestStaysDown
        /// One of its guests can't be migrated.
        case migrationFails
        /// The same, and migrating exits with 0.
        case migrationLies
        /// One that was can't be migrated home.
        case guestStaysAway
        /// HA obeys and moves nothing away.
        case servicesStay
        /// Its cluster takes the order to put back what was set and does not obey.
        case staysHeld
    }

    /// What its guard is at.
    enum Trial: Equatable {
        case none
        case armed
        case waiting(until: Int)
        case confirmed
        /// It tries to put the node back and can't.
        case stuck
        case reverted
    }

    /// Why it went down last.
    enum Descent {
        case ordered
        case byGuard
        case unforeseen
    }

    let name: NodeName
    var fate: Fate
    let bootSeconds: Int
    let work: NodePlan
    var isOnDisk = false
    var isInImage = false
    var isRunning = false
    private(set) var boot = 1
    private(set) var lock: FencingToken?
    private var fence: UInt64 = 0
    var trial = Trial.none
    /// Whose changes its guard guards.
    private var guarded: RolloutID?
    /// Those of the one that holds its lock.
    private var isOwnGuard: Bool { guarded == lock?.rollout }
    /// The boot in which its guard was armed first: it has met nothing of the new settings.
    private var armedIn = 0
    /// How long its guard waits.
    private var guardWithin = 0
    var ties = SimulatedTies()
    var tiesBefore = SimulatedTies()
    /// Its guard could not put it back, and the roll-out goes on with this boot.
    private(set) var isGivenUp = false
    /// Reboots that were ordered, and those its guard made.
    private(set) var reboots = 0
    private(set) var reverts = 0
    private(set) var descent = Descent.unforeseen
    /// When it went down without an order, last.
    private(set) var wentDownAt = 0
    /// An earlier roll-out has left something on it.
    private(set) var hasHistory = false
    private var isHanging = false
    private var upAt = 0
    private var offlineUntil = 0

    init(_ plan: NodePlan, fate: Fate, bootSeconds: Int) {
        name = plan.node
        self.fate = fate
        self.bootSeconds = fate == .slowBoot ? bootSeconds * 20 : bootSeconds
        work = plan
    }

    var bootID: BootID {
        let id = "00000000-0000-4000-8000-" + String(String(1_000_000_000_000 + boot).dropFirst())
        guard let boot = BootID(id) else { preconditionFailure("not a boot id: \(id)") }
        return boot
    }

    /// Its guests are moved or shut down for the reboot.
    var evacuates: Bool { work.reboot && work.evacuation != nil }

    func isUp(_ now: Int) -> Bool { !isHanging && now >= upAt }

    func answers(_ now: Int) -> Bool {
        isUp(now) && now >= offlineUntil && !((fate == .cutOff || fate == .cutOffForGood) && isRunning)
    }

    private func servicesRun(_ now: Int) -> Bool { now >= upAt + 10 && !(fate == .servicesStayDown && isRunning) }

    // MARK: - What it does by itself

    mutating func live(until now: Int) {
        guard case .waiting(let deadline) = trial, !isHanging, now >= deadline else { return }
        goBack(at: deadline)
    }

    private mutating func goBack(at time: Int) {
        if fate == .cutOffForGood || fate == .bindsNothingForGood {
            trial = .stuck
            return
        }
        isOnDisk = false
        isInImage = false
        // Whoever goes on with this boot reboots it.
        if isGivenUp { return }
        trial = .reverted
        reverts += 1
        wentDownAt = time + 5
        start(at: time + 5, .byGuard)
    }

    /// Somebody looks after it: what went wrong on it is mended, and one that hangs is switched off and on.
    mutating func mend(at time: Int) {
        fate = .well
        if trial == .stuck { goBack(at: time) }
        guard isHanging else { return }
        isHanging = false
        start(at: time, .unforeseen)
    }

    /// From here on, what another roll-out does to it counts.
    mutating func beginAgain() { (reboots, reverts, hasHistory) = (0, 0, true) }

    /// Its power fails and comes back: nobody ordered that.
    mutating func losePower(at time: Int) {
        guard !isHanging else { return }
        wentDownAt = time
        start(at: time, .unforeseen)
    }

    /// Its network is away for a while, whatever it runs.
    mutating func loseNetwork(until time: Int) { offlineUntil = max(offlineUntil, time) }

    private mutating func start(at time: Int, _ why: Descent) {
        boot += 1
        descent = why
        isRunning = isInImage && fate != .bindsNothing && fate != .bindsNothingForGood
        upAt = time + bootSeconds
        switch trial {
        case .armed, .waiting: trial = .waiting(until: upAt + guardWithin)
        case .stuck where isGivenUp && fate == .well: trial = .reverted
        case .none, .confirmed, .stuck, .reverted: break
        }
    }
}

// MARK: - Orders, as the scripts on a node carry them out

extension SimulatedMember {
    mutating func take(_ token: FencingToken) throws(FleetError) {
        guard token.number >= fence else { throw .simulated("fencing-token-outdated") }
        fence = token.number
        lock = token
    }

    mutating func giveBack(_ token: FencingToken) {
        guard let lock, lock.number <= token.number else { return }
        let isOwn = isOwnGuard
        self.lock = nil
        if isOwn, trial == .armed { trial = .none }
        if isOwn, trial == .stuck { isGivenUp = true }
    }

    func require(_ token: FencingToken) throws(FleetError) {
        guard token.number >= fence else { throw .simulated("fencing-token-outdated") }
        guard lock == token else { throw .simulated("node-lock-not-held") }
    }

    /// The boot in which it is changed is no trial of the change.
    mutating func guardThisBoot() throws(FleetError) {
        guard isOwnGuard else { return }
        switch trial {
        case .waiting: trial = .armed
        case .stuck, .reverted: throw .simulated("node-put-back")
        case .none, .armed, .confirmed: break
        }
    }

    /// It goes on in this boot, with its guests.
    mutating func keepThisBoot() {
        guard isOwnGuard else { return }
        if case .waiting = trial { trial = .armed }
        if trial == .stuck { isGivenUp = true }
    }

    mutating func arm(_ within: Int, _ token: FencingToken) throws(FleetError) {
        try require(token)
        guard trial != .stuck else { throw .simulated("node-on-trial") }
        guard fate != .armLies else { return }
        switch trial {
        case .waiting where !isOwnGuard: throw .simulated("node-on-trial")
        case .armed where isOwnGuard, .waiting: break
        // What an earlier try had confirmed is on the disk, and runs.
        default: (armedIn, isGivenUp) = (isOnDisk ? -1 : boot, false)
        }
        guarded = token.rollout
        (trial, guardWithin) = (.armed, within)
    }

    mutating func write(_ token: FencingToken) throws(FleetError) {
        try require(token)
        try guardThisBoot()
        if fate == .diskFull { throw .simulated("node-disk-full") }
        if fate != .writeLies { isOnDisk = true }
    }

    mutating func rebuild(_ token: FencingToken) throws(FleetError) {
        try require(token)
        try guardThisBoot()
        if fate == .rebuildFails { throw .simulated("rebuild-failed") }
        if fate != .rebuildLies { isInImage = isOnDisk }
    }

    mutating func reboot(from old: BootID, at now: Int, _ token: FencingToken) throws(FleetError) {
        try require(token)
        guard old == bootID else { return }
        try guardThisBoot()
        if fate == .refusesReboot { throw .simulated("reboot-refused") }
        if fate == .ignoresReboot { return }
        reboots += 1
        start(at: now, .ordered)
        if fate == .hangs { isHanging = true }
    }

    mutating func confirm(_ seen: BootID, at now: Int, _ token: FencingToken) throws(FleetError) {
        try require(token)
        switch trial {
        case .none: throw .simulated("guard-missing")
        case .stuck, .reverted: throw .simulated("confirmed-too-late")
        case .armed: throw .simulated("boot-changed")
        case .confirmed where seen == bootID: return
        case .waiting where seen == bootID:
            guard servicesRun(now) else { throw .simulated("services-not-back") }
            trial = .confirmed
        case .waiting, .confirmed: throw .simulated("boot-changed")
        }
    }

    /// False: in the boot that armed its guard, nothing was changed yet.
    mutating func putBack(at now: Int, _ token: FencingToken) throws(FleetError) -> Bool {
        try require(token)
        if case .waiting = trial { goBack(at: now) }
        guard trial == .armed else { return true }
        guard isOnDisk || isInImage else { return false }
        if boot != armedIn {
            goBack(at: now)
        } else if fate == .cutOffForGood || fate == .bindsNothingForGood {
            trial = .stuck
        } else {
            (isOnDisk, isInImage, trial) = (false, false, .reverted)
        }
        return true
    }

    func report() -> GuardReport {
        func entry(_ word: String) -> GuardReport.Entry { .init(at: "", uptime: 0, word: word, text: "simulated") }
        let (phase, record): (GuardReport.Phase, [GuardReport.Entry]) =
            switch trial {
            case .none: (.none, [])
            case .armed: (.armed, [])
            case .waiting: (.waiting, [])
            case .confirmed: (.confirmed, [])
            case .stuck: (.reverting, [entry("reverting"), entry("failed")])
            case .reverted: (.reverted, [entry("reverting"), entry("restored")])
            }
        return GuardReport(
            phase: phase, boot: bootID, rollout: trial == .none ? nil : guarded, withinSeconds: guardWithin,
            record: record)
    }
}

extension FleetError {
    static func simulated(_ code: FleetError.Code) -> FleetError { FleetError(code, "It failed: \(code).") }
}

extension Timestamp {
    var seconds: Int { Int(milliseconds / 1000) }
}
