extension Rollout: Codable {
    /// Everything but the nodes, which a store keeps row by row: an event changes few of many.
    public struct Header: Hashable, Sendable, Codable {
        public var id: RolloutID
        public var plan: ContentDigest
        public var settings: RolloutSettings
        /// Left out where there are none.
        public var zones: [ZoneOffsets]?
        /// The same.
        public var typical: TypicalSeconds?
        public var phase: Phase
        public var wave: Int
        /// Left out where there are none.
        public var elsewhere: [NodeElsewhere]?
    }

    public var header: Header {
        Header(
            id: id, plan: plan, settings: settings, zones: zones.isEmpty ? nil : zones, typical: typical, phase: phase,
            wave: wave, elsewhere: elsewhere.isEmpty ? nil : elsewhere)
    }

    /// From stored parts. Whether they fit together tells `check()`.
    public init(header: Header, nodes: [NodeRun]) {
        self.init(
            id: header.id, plan: header.plan, settings: header.settings, zones: header.zones ?? [],
            typical: header.typical, phase: header.phase, wave: header.wave,
            elsewhere: header.elsewhere ?? [], nodes: nodes)
    }

    private enum Key: String, CodingKey {
        case header
        case nodes
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            header: try container.decode(Header.self, forKey: .header),
            nodes: try container.decode([NodeRun].self, forKey: .nodes))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(header, forKey: .header)
        try container.encode(nodes, forKey: .nodes)
    }
}
