/// Something that happened to a roll-out. Journalled before anything is done about it.
public struct RolloutEvent: Hashable, Sendable, Codable {
    public var at: Timestamp
    public var kind: Kind
    /// The number of the order that it obeys or refuses, as the store counts them; nil = none that was given from elsewhere.
    public var order: Int?

    public enum Kind: Hashable, Sendable, Codable {
        /// Before the start: blockers of these nodes are let pass, as was agreed to.
        case override([NodeOverride])
        /// Before the start: what earlier roll-outs owe nodes of this one, which now is this one's to give back.
        case owed([NodeDebt])
        case start
        /// A driver took over: after a crash, or after the roll-out was suspended.
        case resume
        case finished(EffectID, Outcome)
        /// Time passed.
        case tick
        /// Finish what is in flight, then wait for `resume`.
        case suspend
        /// Finish what is in flight, then hold the rest for good.
        case abort
        /// An operator wants this node left as it is.
        case skip(NodeName)
        /// An operator wants this node, which has ended, taken up again.
        case retry(NodeName)
        /// An order that can't be obeyed, and why.
        case refused(RolloutOrder, String)
        /// All that other roll-outs have under way and that shares a limit with nodes of this one.
        case elsewhere([NodeElsewhere])
    }

    public init(at time: Timestamp, _ kind: Kind, order: Int? = nil) {
        at = time
        self.kind = kind
        self.order = order
    }
}

/// What came of an effect.
public enum Outcome: Hashable, Sendable, Codable {
    case done
    /// Done, and the node was seen in this boot.
    case seen(BootID)
    /// Proven after the reboot, and held against the forecast.
    case compared([ForecastMiss])
    /// The node has put itself back, and this is what it did.
    case reverted(GuardReport)
    /// What has to be as before again, in start order.
    case noted([GuestStay])
    /// What a fresh look has left of the node's debt.
    case reviewed(DebtReview)
    /// Done, and this has to be set in the node's cluster before it goes away.
    case foundCluster(ClusterHold)
    case failed(Failure)

    public struct Failure: Hashable, Sendable, Codable {
        public var error: FleetError
        public var evidence: [Evidence]
        /// The node could not be talked to; what it did meanwhile is not known.
        public var isContactLost: Bool

        public init(_ error: FleetError, evidence: [Evidence] = [], isContactLost: Bool = false) {
            self.error = error
            self.evidence = evidence
            self.isContactLost = isContactLost
        }
    }
}

/// What the driver is to do. Each can be done twice without harm.
public enum RolloutEffect: Hashable, Sendable {
    case node(NodeEffect)
    /// Send a tick at this time.
    case wake(Timestamp)
}

public struct NodeEffect: Hashable, Sendable {
    public var id: EffectID
    public var action: Action

    public enum Action: Hashable, Sendable {
        case lock
        /// Looks what of it is still so. Ends with `reviewed`.
        case reviewDebt(NodeDebt)
        /// Fails unless a plan made from a fresh look is the approved one, and the node's cluster bears its absence. Ends
        /// with `foundCluster` where something has to be set there.
        case check
        /// The same, but what an earlier try of this roll-out has done already may be there.
        case checkAgain
        /// Sets up the guard, which waits for so many seconds of another boot.
        case arm(withinSeconds: Int)
        /// Sets it, and waits until a look shows the cluster ready for the node to go.
        case holdCluster(ClusterHold)
        /// Puts back what was set, once the node's OSDs are up or have had their time, and looks whether it is.
        case releaseCluster(ClusterHold)
        /// Waits until those who went away are seen back.
        case awaitHome(ClusterHold)
        /// Ends with `noted`, or fails where the node must not be rebooted.
        case noteGuests(ClusterNeighbours)
        /// Migrates guests or shuts them down together, and looks whether they are gone.
        case evacuate([GuestStay])
        case write
        case run(NodeCommand)
        /// Ends with `seen`.
        /// `ClusterHold`: what the cluster must still be ready with, where something was set.
        case proveDisk(ClusterHold?)
        case reboot(from: BootID)
        /// The same after the controller was away, or the node: what the last look showed may have changed since. Looks
        /// again before it orders anything, and fails where the node must stay up.
        case rebootAgain(from: BootID, ClusterHold?)
        /// Ends with `seen` of another boot, or fails. Looks at least once, even after the deadline.
        case awaitReturn(from: BootID, deadline: Timestamp)
        case proveBoot
        /// Waits for the node's services, at most until the deadline, and confirms.
        case confirm(BootID, deadline: Timestamp)
        /// Tells the node to put itself back, and waits until it has. Ends with `reverted`, with `seen` if the node turns
        /// out to be confirmed, or fails. Looks at least once.
        case awaitRevert(because: NodeProblem, deadline: Timestamp)
        case setGuest(VMID)
        case readBack
        /// Gives a guest back what it gave up first, and looks whether it has it.
        case resetGuest(VMID)
        /// Starts a guest that ran or migrates it home, looks whether it runs here, and gives it its start with the node back.
        case bringBack(GuestStay)
        case unlock
        /// Wait until the node answers, lock it, look at it. Ends with `seen`. Tries at least once.
        case recover(deadline: Timestamp)
    }
}

/// Names one effect: the same after a crash, so that what is issued again is recognised.
public struct EffectID: Hashable, Sendable, Codable, CustomStringConvertible {
    public var rollout: RolloutID
    public var node: NodeName
    /// `NodeStep.name`
    public var step: String
    public var attempt: Int
    /// 2 = the node was taken up again; nil = its first try.
    public var tryNumber: Int?

    public init(rollout: RolloutID, node: NodeName, step: String, attempt: Int, tryNumber: Int? = nil) {
        self.rollout = rollout
        self.node = node
        self.step = step
        self.attempt = attempt
        self.tryNumber = tryNumber
    }

    public var description: String {
        "\(rollout)/\(node)" + (tryNumber.map { "/try-\($0)" } ?? "") + "/\(step)/\(attempt)"
    }
}
