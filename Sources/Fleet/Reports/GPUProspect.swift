/// What handing a card to guests would mean on its node, with the usual settings and nothing else wanted.
public struct GPUProspect: Hashable, Sendable, Codable {
    public var verdict: DeviceCase.Verdict
    /// Why not.
    public var blockers: [Blocker]
    /// Of the reboot that it needs; nil = none is needed, or it is blocked.
    public var risk: Risk?
    public var level: Risk.Level?

    public struct Blocker: Hashable, Sendable, Codable {
        public var code: FleetError.Code
        /// The first of them.
        public var message: String
        /// How often it is in the way: once for each function it is about, for example.
        public var count: Int
    }

    init?(of card: GPUReport, _ facts: NodeFacts) {
        guard let device = try? DeviceCase(card.address.slot, of: card.node, facts) else { return nil }
        verdict = device.verdict
        blockers = device.points.filter { $0.severity == .blocker }.map { point in
            Blocker(code: point.code, message: point.messages.first ?? "", count: point.messages.count)
        }
        risk = verdict == .go ? device.forecast?.risk : nil
        level = risk?.level
    }
}
