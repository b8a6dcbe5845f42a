package import Fleet
package import Store

/// A roll-out that somebody asked for.
package struct RequestDocument: Codable, Sendable {
    package var id: Int64
    package var plan: String
    package var askedBy: String
    package var askedAt: String
    package var decidedBy: String?
    package var rollout: RolloutID?

    package init(_ request: RolloutRequest) {
        id = request.id
        plan = request.plan.description
        askedBy = request.askedBy
        askedAt = request.askedAt.iso8601
        decidedBy = request.decidedBy
        rollout = request.rollout
    }
}
