/// One node's way through a roll-out.
public struct NodeRun: Hashable, Sendable, Codable {
    public let node: NodeName
    public let work: NodeWork
    /// Waves go one after the other; the canaries are wave 0.
    public let wave: Int
    /// Nil = nothing; rows from before there were limits have none.
    private let sharedWith: [FailureDomain]?
    public internal(set) var state: NodeState
    /// Counts from 1 within a step; grows when the step's effect is issued again.
    /// INVARIANT: an effect with the same id is never issued twice by one driver.
    public internal(set) var attempt: Int
    /// How often this step was issued again because the node could not be talked to.
    /// INVARIANT: at most `Rollout.patience`.
    public internal(set) var retries: Int
    /// The boot that the reboot is ordered from. INVARIANT: set once, before the first order.
    public internal(set) var bootBefore: BootID?
    /// The boot that proved the reboot. INVARIANT: differs from `bootBefore`.
    public internal(set) var bootAfter: BootID?
    /// What came otherwise than foreseen; nil = not compared.
    public internal(set) var misses: [ForecastMiss]?
    /// What the node did to put itself back; nil = it did not.
    public internal(set) var revert: GuardReport?
    /// Guests that have to be as before again, in start order; nil = nobody has looked.
    public internal(set) var stays: [GuestStay]?
    /// What is set in its cluster for its reboot; nil = nothing has to be, or nobody has looked.
    public internal(set) var hold: ClusterHold?
    /// Guests that may have given up, in this try or before, what its undo takes from them, and have not been seen to have it
    /// again; nil = none.
    var stripped: [VMID]?
    /// It failed, and the host itself is as before; nil = it did not, or may not be.
    var isHostAsBefore: Bool?
    /// What earlier roll-outs and tries owe it, until a look has told what of that still is so.
    public internal(set) var debt: NodeDebt?
    /// When it left the queue, and when it ended; by the controller's clock. Rows from before times were kept have none.
    public internal(set) var begunAt: Timestamp?
    public internal(set) var endedAt: Timestamp?
    /// What came of it before an operator had it taken up again; nil = it was not.
    var earlier: EarlierTry?

    init(_ plan: NodePlan, _ purpose: FleetPlan.Purpose, wave: Int, domains: [FailureDomain] = []) {
        node = plan.node
        work = NodeWork(plan, purpose)
        self.wave = wave
        sharedWith = domains.isEmpty ? nil : domains
        state = plan.verdict == .change ? .queued : .leftAlone(plan.verdict)
        attempt = 0
        retries = 0
    }

    /// What it shares with other nodes, where a limit is set to it.
    public var domains: [FailureDomain] { sharedWith ?? [] }

    /// How often it was queued: once, and again each time an operator asked for it.
    public var tries: Int { (earlier?.number ?? 0) + 1 }

    /// How it ended before it was taken up again; nil = it was not.
    public var earlierResult: NodeResult? { earlier?.result }

    /// It has left the queue in this try.
    public var wasBegun: Bool { attempt > 0 }

    /// The plan asks for something on this node.
    public var hasWork: Bool {
        if case .leftAlone = state { false } else { true }
    }
}

/// What a node's plan asks for, as far as the order of steps depends on it.
public struct NodeWork: Hashable, Sendable, Codable {
    public var writesFiles: Bool
    public var commands: [NodeCommand]
    public var reboots: Bool
    public var guests: [VMID]
    /// Nil = no; rows from before there was a choice have none.
    private var beginsWithGuests: Bool?
    /// The same.
    private var movesGuests: Bool?

    /// Going back, guests give their devices up before the host's own drivers come for them at the boot. Otherwise a guest
    /// that starts with the node would take them from those drivers again.
    public init(_ plan: NodePlan, _ purpose: FleetPlan.Purpose) {
        beginsWithGuests = purpose == .undo ? true : nil
        writesFiles = !plan.files.isEmpty
        commands = plan.commands
        reboots = plan.reboot
        guests = plan.guests.map(\.vm)
        movesGuests = plan.reboot && plan.evacuation != nil ? true : nil
    }

    /// Guests are set before files are written, instead of after the reboot.
    public var setsGuestsFirst: Bool { beginsWithGuests ?? false }

    /// Guests that run are shut down for the reboot.
    public var evacuates: Bool { movesGuests ?? false }

    /// Something on disk is to be proven, or a boot id is needed.
    var provesDisk: Bool { writesFiles || !commands.isEmpty || reboots }
}

/// Where a node is.
public enum NodeState: Hashable, Sendable, Codable {
    /// The plan had nothing to do, or could not: never touched.
    case leftAlone(NodePlan.Verdict)
    case queued
    case active(NodeStep)
    case ended(NodeResult)

    public var step: NodeStep? {
        if case .active(let step) = self { step } else { nil }
    }

    public var result: NodeResult? {
        if case .ended(let result) = self { result } else { nil }
    }
}

/// One step of a node. Each waits for one effect.
public enum NodeStep: Hashable, Sendable, Codable {
    case locking
    /// What of an earlier roll-out's debt is still owed?
    case reviewingDebt
    /// Is the node still what the plan was made from?
    case checking
    /// The node is to put itself back unless its next boot is confirmed.
    case arming
    /// The cluster is told that the node goes away, and seen to be ready for that.
    case holdingCluster
    /// Which guests run is written down before anything is done to them.
    case notingGuests
    /// The index of the group among the departures of the node's stays.
    case evacuating(Int)
    case writing
    /// The index of the command among the node's.
    case rebuilding(Int)
    /// A fresh look: the bytes on disk, inside the initramfs, in the boot configuration.
    case provingDisk
    case rebooting(from: BootID)
    case awaitingReturn(from: BootID, deadline: Timestamp)
    /// The lock is taken again after a reboot: a controller that resumed meanwhile has a new number.
    case relocking
    /// A fresh look: command line, IOMMU, drivers.
    case provingBoot
    /// The node keeps its new settings, if its guard accepts that.
    case confirming(BootID, deadline: Timestamp)
    /// Something went wrong before the confirmation: the node puts itself back, by now or by its own deadline.
    case awaitingRevert(NodeProblem, deadline: Timestamp)
    /// The index of the guest among the node's.
    case settingGuest(Int)
    /// A fresh look: the guests' configurations.
    case readingBack
    /// What was set in the cluster is put back, and seen to be.
    case releasingCluster(then: NodeResult)
    /// Who went away for it is seen back.
    case awaitingHome(then: NodeResult)
    /// The index of the guest among the node's: the host is as before, so it gets back what it gave up first.
    case resettingGuest(Int, then: NodeResult)
    /// The index of the guest among the node's stays; each is tried, whatever became of the others.
    case returning(Int, then: NodeResult)
    case unlocking(then: NodeResult)
    /// After a crash of the controller, or a lost connection: the node is looked at before `step` goes on.
    indirect case recovering(NodeStep, deadline: Timestamp)

    /// What the node is to end with, for a step on its way out.
    var outcome: NodeResult? {
        switch self {
        case .releasingCluster(let result), .awaitingHome(let result), .resettingGuest(_, let result),
            .returning(_, let result), .unlocking(let result):
            result
        case .recovering(let step, _): step.outcome
        default: nil
        }
    }

    /// Kebab-case and stable; part of effect ids.
    public var name: String {
        switch self {
        case .locking: "lock"
        case .reviewingDebt: "review-debt"
        case .checking: "check"
        case .arming: "arm"
        case .holdingCluster: "hold-cluster"
        case .notingGuests: "note-guests"
        case .evacuating(let index): "evacuate-\(index + 1)"
        case .writing: "write"
        case .rebuilding(let index): "rebuild-\(index + 1)"
        case .provingDisk: "prove-disk"
        case .rebooting: "reboot"
        case .awaitingReturn: "await-return"
        case .relocking: "relock"
        case .provingBoot: "prove-boot"
        case .confirming: "confirm"
        case .awaitingRevert: "await-revert"
        case .settingGuest(let index): "set-guest-\(index + 1)"
        case .readingBack: "read-back"
        case .releasingCluster: "release-cluster"
        case .awaitingHome: "await-home"
        case .resettingGuest(let index, _): "reset-guest-\(index + 1)"
        case .returning(let index, _): "return-\(index + 1)"
        case .unlocking: "unlock"
        case .recovering(let step, _): "recover-\(step.name)"
        }
    }
}

/// How a node ended.
public enum NodeResult: Hashable, Sendable, Codable {
    /// Everything its plan asked for was seen by a fresh look.
    case verified
    /// Untouched, because the roll-out stopped before.
    case held
    /// Untouched, because an operator said so.
    case skipped
    case failed(NodeProblem)
    /// The reboot was ordered, and no new boot was seen by the deadline.
    case lost(NodeProblem)
    /// It was rebooted, something did not hold, and it put itself back: its files and its boot are as before.
    case reverted(NodeProblem)

    /// Nothing went wrong.
    public var isGood: Bool { problem == nil }
    public var problem: NodeProblem? {
        switch self {
        case .failed(let problem), .lost(let problem), .reverted(let problem): problem
        case .verified, .held, .skipped: nil
        }
    }
}

/// What went wrong on a node, and in which step.
public struct NodeProblem: Hashable, Sendable, Codable {
    /// `NodeStep.name`
    public var step: String
    public var error: FleetError
    public var evidence: [Evidence]
    /// The node's lock could not be given back.
    public var leftLocked: Bool

    public init(step: String, error: FleetError, evidence: [Evidence] = [], leftLocked: Bool = false) {
        self.step = step
        self.error = error
        self.evidence = evidence
        self.leftLocked = leftLocked
    }
}

extension FleetError {
    /// A node that was told to reboot, and was not seen in a new boot by its deadline; `last`: what the last look failed with.
    /// Codes: `node-lost`, or without a failed try `node-did-not-reboot`.
    public static func lost(_ node: NodeName, _ last: FleetError?) -> FleetError {
        guard let last else {
            return FleetError(
                "node-did-not-reboot", "\(node) was told to reboot and still runs the same boot at the deadline.",
                advice: "See on the node what holds it back: systemctl list-jobs; systemd-inhibit --list.")
        }
        return FleetError(
            "node-lost", "\(node) did not come back by the deadline; the last try said: \(last.message)",
            advice: "Look at its console. When it is back, `vfiofleet verify` tells how far it got.")
    }
}
