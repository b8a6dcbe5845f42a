internal import Fleet
package import Store

/// `exemption list --json`
package struct ExemptionDocument: Encodable {
    package var id: Int64
    package var node: String
    package var rule: String?
    package var device: String?
    package var owner: String
    package var reason: String
    package var createdAt: String
    package var until: String
    package var withdrawnAt: String?

    package init(_ stored: StoredExemption) {
        id = stored.id.rawValue
        node = stored.exemption.node.description
        rule = stored.exemption.rule?.description
        device = stored.exemption.device
        owner = stored.exemption.owner
        reason = stored.exemption.reason
        createdAt = stored.createdAt.iso8601
        until = stored.exemption.expiresAt.iso8601
        withdrawnAt = stored.withdrawnAt?.iso8601
    }
}
