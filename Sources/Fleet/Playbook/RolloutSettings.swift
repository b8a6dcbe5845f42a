/// How a roll-out goes over the nodes. Durations in whole seconds.
public struct RolloutSettings: Hashable, Sendable {
    /// Nodes that go first, alone; the rest waits until they are proven.
    public var canaries: Int
    public var batch: Share
    /// Instead of batches: so many nodes may be under way at any time, and the next begins as soon as one is proven.
    public var maxUnavailable: Share?
    /// Between two batches.
    public var pauseSeconds: Int
    /// Between the canaries' proof and the others; nil = as between two batches.
    public var soakSeconds: Int?
    /// From the reboot command until the node must be back.
    public var returnWithinSeconds: Int
    /// Nodes of one cluster that may be under way at the same time: a number, or a share of those in the roll-out.
    public var perCluster: Share
    /// The same for nodes that share the value of a label, by the label's key.
    public var perLabel: [String: Share]
    /// So many nodes may fail or be lost before the roll-out stops. Canaries may not.
    public var failureBudget: Int
    public var order: Order
    /// How long a node waits, in its new boot, for the confirmation of its new settings before it puts itself back; nil =
    /// it never does.
    public var confirmWithinSeconds: Int?
    /// What becomes of guests that run; nil = they are left to the node's reboot.
    public var guests: EvacuationSettings?
    /// Nil = none; plans from before there were windows have none.
    private var openOnly: [MaintenanceWindow]?

    /// How many of a roll-out's nodes, or of those of a cluster or a label's value.
    public enum Share: Hashable, Sendable {
        case count(Int)
        /// Rounded down, at least one.
        case percent(Int)

        /// So many of so many nodes, at least one.
        public func of(_ nodes: Int) -> Int {
            switch self {
            case .count(let count): max(1, count)
            case .percent(let percent): max(1, nodes * min(max(0, percent), 100) / 100)
            }
        }
    }

    /// Which nodes go first.
    public enum Order: String, Hashable, Sendable, Codable, CaseIterable {
        /// Those with the lowest forecast risk; equals in the plan's order.
        case risk
        /// As in the plan, which is the inventory's order.
        case inventory
    }

    public init(
        canaries: Int = 1, batch: Share = .count(2), maxUnavailable: Share? = nil, pauseSeconds: Int = 10,
        soakSeconds: Int? = nil, returnWithinSeconds: Int = 600, perCluster: Share = .count(1),
        perLabel: [String: Share] = [:],
        failureBudget: Int = 0, order: Order = .risk, confirmWithinSeconds: Int? = 600,
        guests: EvacuationSettings? = nil, windows: [MaintenanceWindow] = []
    ) {
        self.canaries = canaries
        self.batch = batch
        self.maxUnavailable = maxUnavailable
        self.pauseSeconds = pauseSeconds
        self.soakSeconds = soakSeconds
        self.returnWithinSeconds = returnWithinSeconds
        self.perCluster = perCluster
        self.perLabel = perLabel
        self.failureBudget = failureBudget
        self.order = order
        self.confirmWithinSeconds = confirmWithinSeconds
        self.guests = guests
        openOnly = windows.isEmpty ? nil : windows
    }

    /// No node is begun outside of these; empty = at any time.
    public var windows: [MaintenanceWindow] { openOnly ?? [] }
}

extension RolloutSettings: Codable {
    private enum CodingKeys: String, CodingKey {
        case canaries, batch, maxUnavailable, pauseSeconds, soakSeconds, returnWithinSeconds, perCluster, perLabel
        case failureBudget, order, confirmWithinSeconds, guests
        case openOnly = "windows"
    }

    /// Keys that came later may be missing: what an earlier version stored means what it meant then.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        canaries = try values.decode(Int.self, forKey: .canaries)
        batch = try values.decode(Share.self, forKey: .batch)
        maxUnavailable = try values.decodeIfPresent(Share.self, forKey: .maxUnavailable)
        pauseSeconds = try values.decode(Int.self, forKey: .pauseSeconds)
        soakSeconds = try values.decodeIfPresent(Int.self, forKey: .soakSeconds)
        returnWithinSeconds = try values.decode(Int.self, forKey: .returnWithinSeconds)
        perCluster = try values.decodeIfPresent(Share.self, forKey: .perCluster) ?? .count(.max)
        perLabel = try values.decodeIfPresent([String: Share].self, forKey: .perLabel) ?? [:]
        failureBudget = try values.decodeIfPresent(Int.self, forKey: .failureBudget) ?? 0
        order = try values.decodeIfPresent(Order.self, forKey: .order) ?? .inventory
        confirmWithinSeconds = try values.decodeIfPresent(Int.self, forKey: .confirmWithinSeconds)
        guests = try values.decodeIfPresent(EvacuationSettings.self, forKey: .guests)
        openOnly = try values.decodeIfPresent([MaintenanceWindow].self, forKey: .openOnly)
    }
}

extension RolloutSettings.Share: Codable {
    /// As a playbook writes it: `2`, or `25%`.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer() {
            if let count = try? container.decode(Int.self) {
                self = .count(count)
                return
            }
            if let text = try? container.decode(String.self), text.hasSuffix("%"), let percent = Int(text.dropLast()) {
                self = .percent(percent)
                return
            }
        }
        self = try Earlier(from: decoder).share
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .count(let count): try count.encode(to: encoder)
        case .percent(let percent): try "\(percent)%".encode(to: encoder)
        }
    }

    /// The form of earlier versions: `{"count":{"_0":2}}`.
    private enum Earlier: Codable {
        case count(Int)
        case percent(Int)

        var share: RolloutSettings.Share {
            switch self {
            case .count(let count): .count(count)
            case .percent(let percent): .percent(percent)
            }
        }
    }
}
