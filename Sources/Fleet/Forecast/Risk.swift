/// How likely it is that a node does not come back as foreseen, as a sum of what speaks for it.
public struct Risk: Hashable, Sendable, Codable {
    /// 0 … 100.
    public var score: Int
    /// The heaviest first.
    public var reasons: [RiskReason]

    public enum Level: String, Hashable, Sendable, Codable {
        case low
        case medium
        case high
    }

    public var level: Level { score < 25 ? .low : score < 50 ? .medium : .high }

    init(score: Int, reasons: [RiskReason]) {
        self.score = score
        self.reasons = reasons
    }

    init(_ reasons: [RiskReason]) {
        let ordered = reasons.indices.sorted { (-reasons[$0].points, $0) < (-reasons[$1].points, $1) }.map {
            reasons[$0]
        }
        self.init(score: min(100, reasons.reduce(0) { $0 + $1.points }), reasons: ordered)
    }
}

/// One thing that speaks for trouble.
public struct RiskReason: Hashable, Sendable, Codable {
    public var code: RiskCode
    /// What it adds to the score.
    public var points: Int
    public var message: String

    init(_ code: RiskCode, _ message: String) {
        self.code = code
        points = code.points
        self.message = message
    }
}

/// Every reason for a risk. The raw values are stable.
public enum RiskCode: String, Hashable, Sendable, Codable, CaseIterable {
    case neededNameUncertain = "needed-name-uncertain"
    case nameUncertain = "name-uncertain"
    case neededInterfaceLost = "needed-interface-lost"
    case neededNameNotPinned = "needed-name-not-pinned"
    case guestTakesUnknownGroup = "guest-takes-unknown-group"
    case guestTakesHostFunction = "guest-takes-host-function"
    case guestStartsWithDevices = "guest-starts-with-devices"
    case memoryTight = "memory-tight"
    case driverRace = "driver-race"
    case driverUnknown = "driver-unknown"
    case groupsUnknown = "groups-unknown"
    case consoleLost = "console-lost-at-boot"
    case noRemoteConsole = "no-remote-console"
    case otherKernel = "other-kernel"
    case onlyKernel = "only-kernel"
    case pendingChanges = "pending-changes"
    case quorumLost = "quorum-lost"
    case noReset = "no-reset-method"
    case sharedIsolation = "weak-isolation"
    case bootConfiguration = "boot-configuration-changes"

    /// What it adds to the score: 30 and more = may cut the node off; about 15 = may make the plan miss its goal, or cost a
    /// visit to the machine; less = makes recovery harder.
    public var points: Int {
        switch self {
        case .guestTakesHostFunction, .neededInterfaceLost: 50
        case .neededNameUncertain, .quorumLost: 30
        case .guestTakesUnknownGroup, .memoryTight: 20
        case .driverRace, .groupsUnknown, .consoleLost, .otherKernel, .pendingChanges: 15
        case .driverUnknown, .sharedIsolation, .noReset: 10
        case .neededNameNotPinned, .nameUncertain, .guestStartsWithDevices, .noRemoteConsole, .onlyKernel,
            .bootConfiguration:
            5
        }
    }
}
