public import Fleet
internal import GRDB

/// From when to when a rule stood, without what showed it: small enough to be read of a whole fleet at once.
public struct RuleSpan: Hashable, Sendable {
    public var subject: RuleSubject
    public var playbook: String
    public var status: CheckResult.Status
    public var message: String
    public var from: Timestamp
    /// When it stood otherwise; nil = it still stands so.
    public var to: Timestamp?
    /// Why it holds no longer; nil where it never did.
    public var drift: Drift?

    public init(
        subject: RuleSubject, playbook: String, status: CheckResult.Status, message: String, from: Timestamp,
        to: Timestamp?, drift: Drift? = nil
    ) {
        self.subject = subject
        self.playbook = playbook
        self.status = status
        self.message = message
        self.from = from
        self.to = to
        self.drift = drift
    }
}

/// When a node was last verified against a playbook.
public struct Verification: Hashable, Sendable {
    public var node: NodeName
    public var playbook: String
    public var triedAt: Timestamp
    /// Nil = it never could be looked at.
    public var observedAt: Timestamp?
}

extension Store {
    /// What did not hold at any time from `time` on, of nodes in the inventory, in its order.
    public func troubles(since time: Timestamp) async throws(FleetError) -> [RuleSpan] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, rule, device, playbook, status, message, first_seen, ended_at, drift
                    FROM rule_standing JOIN node ON node.id = node_id
                    WHERE status <> 'pass' AND retired_at IS NULL AND (ended_at IS NULL OR ended_at > ?)
                    ORDER BY position, name, rule_standing.id
                    """, arguments: [time.milliseconds]
            ).map { row in
                let (name, rule, status): (String, String, String) = (row[0], row[1], row[4])
                guard let node = NodeName(name), let rule = RuleID(rule),
                    let status = CheckResult.Status(rawValue: status)
                else { throw StoreFailure.unreadable("rules of \(name)", "“\(rule)” stands at “\(status)”") }
                let (device, end, drift): (String, Int64?, String?) = (row[2], row[7], row[8])
                return RuleSpan(
                    subject: RuleSubject(node: node, rule: rule, device: device.isEmpty ? nil : device),
                    playbook: row[3], status: status, message: row[5], from: Timestamp(milliseconds: row[6]),
                    to: end.map(Timestamp.init(milliseconds:)), drift: drift.flatMap(Drift.init))
            }
        }
    }

    /// Of nodes in the inventory.
    public func verifications() async throws(FleetError) -> [Verification] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, playbook, tried_at, observed_at FROM verification JOIN node ON node.id = node_id
                    WHERE retired_at IS NULL ORDER BY position, name, playbook
                    """
            ).map { row in
                let observed: Int64? = row[3]
                return Verification(
                    node: try Self.nodeName(row[0]), playbook: row[1], triedAt: Timestamp(milliseconds: row[2]),
                    observedAt: observed.map(Timestamp.init(milliseconds:)))
            }
        }
    }
}
