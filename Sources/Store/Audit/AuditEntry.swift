public import Fleet

/// One line of the audit log: who did what, when, to what.
public struct AuditEntry: Hashable, Sendable {
    /// Counts from 1, without gaps.
    public var number: Int
    public var at: Timestamp
    /// The person or program, as the command line names it.
    public var actor: String
    /// Kebab-case and stable: `inventory-import`, `rollout-create`, `lease-take`, `rollout-end`, …
    public var action: String
    public var subject: String
    /// A JSON object with sorted keys.
    public var detail: String
    /// Binds this line to all lines before it, see `AuditChain`.
    public var digest: ContentDigest
}

/// What a line of a chain is bound to: the SHA-256 of the digest before it (32 bytes) and of the line's own content.
///
/// A line that was changed, removed or put in between shows, because no later digest fits any more. Lines cut off at
/// the end show only to somebody who noted a later digest.
struct AuditChain {
    /// The digest of the line before the next one.
    private(set) var head: ContentDigest

    /// What the audit log's first line is bound to: 32 zeros.
    static let start = AuditChain(head: ContentDigest.zero)

    /// `content`: JSON with sorted keys and without escaped slashes.
    mutating func append(_ content: some Encodable) throws -> ContentDigest {
        head = .sha256(head.bytes + (try CanonicalJSON.bytes(content)))
        return head
    }
}

extension AuditEntry {
    /// What its digest covers, besides the one before.
    struct Content: Encodable {
        var number: Int
        var at: Int64
        var actor: String
        var action: String
        var subject: String
        var detail: String
    }

    var content: Content {
        Content(
            number: number, at: at.milliseconds, actor: actor, action: action, subject: subject, detail: detail)
    }
}

extension JournalEntry {
    /// What the digest of a roll-out's event covers, besides the one before. The first is bound to the plan's digest.
    struct Content: Encodable {
        var rollout: String
        var number: Int
        var fencing: Int64
        /// As stored: JSON with sorted keys.
        var event: String
    }
}

extension ContentDigest {
    fileprivate static let zero: ContentDigest = {
        guard let zero = ContentDigest(bytes: repeatElement(0, count: 32)) else { preconditionFailure("32 are 32") }
        return zero
    }()
}
