import Fleet

/// One node of a simulated fleet: what is on its disk, in its images and in the running system; its lock, its guard and
/// its guests. Time is in seconds and comes from outside.
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
        /// One of its guests does not start again.
        case guestStaysDown
        /// One of its guests can't be migrated.
        case migrationFails
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

    let name: NodeName
    private(set) var fate: Fate
    let bootSeconds: Int
    /// The guests it is to set, in the end.
    let wantedGuests: Set<VMID>
    var isOnDisk = false
    var isInImage = false
    var isRunning = false
    var boot = 1
    var lock: FencingToken?
    var fence: UInt64 = 0
    var trial = Trial.none
    /// How long its guard waits.
    var guardWithin = 0
    var guests: Set<VMID> = []
    /// Guests that run, those that did before the roll-out, and those that start with the node.
    var running: Set<VMID> = []
    var ranBefore: Set<VMID> = []
    var startsAtBoot: Set<VMID> = []
    var hadOnboot = false
    /// Guests that run at another member meanwhile, and whether one is to.
    var away: Set<VMID> = []
    var migrates = false
    /// The member that they go to, where that is one of the roll-out's.
    var target: NodeName?
    /// Guests are shut down for the reboot.
    let evacuates: Bool
    let work: NodePlan
    var ties = SimulatedTies()
    var tiesBefore = SimulatedTies()
    /// Guests that a failure of the power ended.
    var endedByPower: Set<VMID> = []
    /// Guests that the roll-out brought back in this boot, and those of them that the guard ended: there must be none.
    var broughtBack: Set<VMID> = []
    var endedByGuard: Set<VMID> = []
    /// Its guard could not put it back, and the roll-out goes on with this boot.
    var isGivenUp = false
    /// Guests that a reboot ended which was ordered.
    var endedByReboot: Set<VMID> = []
    /// Reboots that were ordered, and those its guard made.
    var reboots = 0
    var reverts = 0
    /// When it went down without an order, last.
    private(set) var wentDownAt = 0
    private var isHanging = false
    private var upAt = 0
    private var offlineUntil = 0

    init(_ plan: NodePlan, fate: Fate, bootSeconds: Int) {
        name = plan.node
        self.fate = fate
        self.bootSeconds = fate == .slowBoot ? bootSeconds * 20 : bootSeconds
        wantedGuests = Set(plan.guests.map(\.vm))
        evacuates = plan.evacuation != nil
        work = plan
    }

    var bootID: BootID { RolloutFixture.boot(boot) }

    func isUp(_ now: Int) -> Bool { !isHanging && now >= upAt }

    func answers(_ now: Int) -> Bool {
        isUp(now) && now >= offlineUntil && !((fate == .cutOff || fate == .cutOffForGood) && isRunning)
    }

    func servicesRun(_ now: Int) -> Bool { now >= upAt + 10 && !(fate == .servicesStayDown && isRunning) }

    /// What it does by itself until now.
    mutating func live(until now: Int) {
        guard case .waiting(let deadline) = trial, !isHanging, now >= deadline else { return }
        putBack(at: deadline)
    }

    mutating func putBack(at time: Int) {
        if fate == .cutOffForGood || fate == .bindsNothingForGood {
            trial = .stuck
            return
        }
        isOnDisk = false
        isInImage = false
        // Whoever goes on with this boot reboots it.
        if isGivenUp { return }
        endedByGuard.formUnion(running.intersection(broughtBack))
        trial = .reverted
        reverts += 1
        wentDownAt = time + 5
        start(at: time + 5)
    }

    mutating func orderReboot(at time: Int) {
        reboots += 1
        endedByReboot = running
        start(at: time)
        if fate == .hangs { isHanging = true }
    }

    /// Somebody looks after it: what went wrong on it is mended, and one that hangs is switched off and on.
    mutating func mend(at time: Int) {
        live(until: time)
        fate = .well
        if trial == .stuck { putBack(at: time) }
        guard isHanging else { return }
        isHanging = false
        start(at: time)
    }

    /// Its power fails and comes back: nobody ordered that.
    mutating func losePower(at time: Int) {
        live(until: time)
        guard !isHanging else { return }
        wentDownAt = time
        endedByPower.formUnion(running.subtracting(startsAtBoot))
        start(at: time)
    }

    /// Its network is away for a while, whatever it runs.
    mutating func loseNetwork(until time: Int) { offlineUntil = max(offlineUntil, time) }

    private mutating func start(at time: Int) {
        boot += 1
        isRunning = isInImage && fate != .bindsNothing && fate != .bindsNothingForGood
        upAt = time + bootSeconds
        switch trial {
        case .armed, .waiting: trial = .waiting(until: upAt + guardWithin)
        case .stuck where isGivenUp && fate == .well: trial = .reverted
        case .none, .confirmed, .stuck, .reverted: break
        }
        running = startsAtBoot
        broughtBack = []
    }
}
