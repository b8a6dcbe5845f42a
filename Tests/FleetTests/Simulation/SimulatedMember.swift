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
        /// It boots, and the devices are not bound.
        case bindsNothing
        case diskFull
        case rebuildFails
        /// Rebuilding exits with 0 and does nothing.
        case rebuildLies
        case refusesReboot
        /// Rebooting exits with 0 and does nothing.
        case ignoresReboot
        case servicesStayDown
    }

    /// What its guard is at.
    enum Trial: Equatable {
        case none
        case armed(within: Int)
        case waiting(until: Int)
        case confirmed
        case reverted
    }

    let name: NodeName
    let fate: Fate
    let bootSeconds: Int
    var isOnDisk = false
    var isInImage = false
    var isRunning = false
    var boot = 1
    var lock: FencingToken?
    var fence: UInt64 = 0
    var trial = Trial.none
    var guests: Set<VMID> = []
    /// Reboots that were ordered, and those its guard made.
    var reboots = 0
    var reverts = 0
    private var isHanging = false
    private var upAt = 0

    init(_ name: NodeName, fate: Fate, bootSeconds: Int) {
        self.name = name
        self.fate = fate
        self.bootSeconds = fate == .slowBoot ? bootSeconds * 20 : bootSeconds
    }

    var bootID: BootID { RolloutFixture.boot(boot) }

    func isUp(_ now: Int) -> Bool { !isHanging && now >= upAt }

    func answers(_ now: Int) -> Bool { isUp(now) && !(fate == .cutOff && isRunning) }

    func servicesRun(_ now: Int) -> Bool { now >= upAt + 10 && !(fate == .servicesStayDown && isRunning) }

    /// What it does by itself until now.
    mutating func live(until now: Int) {
        guard case .waiting(let deadline) = trial, !isHanging, now >= deadline else { return }
        putBack(at: deadline)
    }

    mutating func putBack(at time: Int) {
        isOnDisk = false
        isInImage = false
        trial = .reverted
        reverts += 1
        start(at: time + 5)
    }

    mutating func orderReboot(at time: Int) {
        reboots += 1
        start(at: time)
        if case .armed(let within) = trial { trial = .waiting(until: upAt + within) }
        if fate == .hangs { isHanging = true }
    }

    private mutating func start(at time: Int) {
        boot += 1
        isRunning = isInImage && fate != .bindsNothing
        upAt = time + bootSeconds
    }
}
