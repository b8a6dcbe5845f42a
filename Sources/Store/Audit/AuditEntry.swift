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
    /// The digest of the line before the next one; nil = there is none, and 32 zeros stand for it.
    private(set) var head: ContentDigest?

    /// `content`: JSON with sorted keys and without escaped slashes.
    mutating func append(_ content: some Encodable) throws -> ContentDigest {
        let before = head?.bytes ?? [UInt8](repeating: 0, count: 32)
        let digest = ContentDigest.sha256(before + (try CanonicalJSON.bytes(content)))
        head = digest
        return digest
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
