/// Why one device of one node can be handed to guests or not, for someone who has not done this before: what it is, what
/// would be taken along, every reason with what it means, the evidence, and what a person could change.
public struct DeviceCase: Hashable, Sendable, Codable {
    public enum Verdict: String, Hashable, Sendable, Codable {
        case go
        case blocked
        /// There are no facts.
        case unreachable
    }

    /// One kind of reason, from the plan that hands this device over.
    public struct Point: Hashable, Sendable, Codable {
        public var severity: Reason.Severity
        public var code: FleetError.Code
        /// Each time the reason is given: once for each function it is about, for example.
        public var messages: [String]
        /// What the code means, and why it matters.
        public var meaning: String?
        public var evidence: [Evidence]
        /// What a person could change, the best first.
        public var remedies: [String]
    }

    public var node: NodeName
    /// `0000:01:00`
    public var device: String
    public var verdict: Verdict
    /// What the device is, in sentences.
    public var story: [String]
    /// Blockers first.
    public var points: [Point]
    /// What the reboot would bring; nil when nothing would be rebooted.
    public var forecast: Forecast?
}

extension DeviceCase {
    /// - Parameter settings: what a playbook says about this node; nil, or without this device = the device alone, with
    ///   the usual settings.
    /// - Throws: `device-not-found` when the node has no such device.
    public init(
        _ slot: PCISlot, of node: NodeName, _ facts: NodeFacts, settings: NodeSettings? = nil
    ) throws(FleetError) {
        let alone = NodeSettings(devices: [DeviceRequest(name: "device", match: .slot(slot))])
        let given = settings.flatMap { settings in
            Situation(facts, settings).resolution.functions.contains { $0.address.slot == slot } ? settings : nil
        }
        let situation = Situation(facts, given ?? alone)
        let functions = situation.index.functions(of: slot)
        guard let first = functions.first else { throw .noDevice(slot, node, situation.index) }
        let plan = Planner.plan(node: node, facts: facts, settings: given ?? alone)
        self.node = node
        device = slot.description
        verdict = plan.verdict == .blocked ? .blocked : plan.verdict == .unreachable ? .unreachable : .go
        story = Self.story(first, functions, situation)
        points = Self.points(plan.reasons)
        forecast = plan.forecast
    }

    /// Notes that tell how the device is bound; the others are about things that stay.
    private static let telling = Set(
        [PlanReason.softdepAdded, .vfioIDsAdded, .boundByAddress, .twinGuarded, .groupSiblingAccepted].map(\.rawValue))
    /// What the host would lose is said before what it could do without.
    private static let decisive = Set([PlanReason.deviceUsedByHost, .groupHoldsHostFunction].map(\.rawValue))

    private static func points(_ reasons: [Reason]) -> [Point] {
        let told = reasons.filter { $0.severity != .note || telling.contains($0.code.rawValue) }
        let first = told.filter { $0.severity == .blocker && decisive.contains($0.code.rawValue) }
        let rest = told.filter { !($0.severity == .blocker && decisive.contains($0.code.rawValue)) }
        return (first + rest).reduce(into: []) { points, reason in
            if let same = points.firstIndex(where: { $0.code == reason.code && $0.severity == reason.severity }) {
                points[same].add(reason)
            } else {
                points.append(Point(reason))
            }
        }
    }

    private static func story(
        _ first: PCIFunction, _ functions: [PCIFunction], _ situation: Situation
    ) -> [String] {
        let list = functions.map { "\($0.words) on \($0.driver.map { "the driver \($0)" } ?? "no driver")" }
        let count = functions.count == 1 ? "one function" : "\(functions.count) functions"
        var story = ["\(first.address.slot.short) has \(count): \(list.joined(separator: "; "))."]
        story.append(way(of: first, situation.index))
        story += groups(of: functions, situation)
        return story
    }

    private static func way(of function: PCIFunction, _ index: PCIIndex) -> String {
        var bridges: [PCIFunction] = []
        var parent = function.parent
        while let address = parent, let bridge = index.function(at: address),
            !bridges.contains(where: { $0.address == address })
        {
            bridges.append(bridge)
            parent = bridge.parent
        }
        guard !bridges.isEmpty else { return "It sits on a root bus: it is part of the CPU or the chipset." }
        return "From the CPU it is reached through \(bridges.reversed().map(\.words).joined(separator: ", then "))."
    }

    private static func groups(of functions: [PCIFunction], _ situation: Situation) -> [String] {
        let groups = Set(functions.compactMap(\.group)).sorted()
        guard !groups.isEmpty else {
            return ["It is in no IOMMU group: the IOMMU is off, or does not cover it."]
        }
        return groups.map { group in
            let members = situation.index.members(of: group)
            let others = members.filter { member in !functions.contains { $0.address == member.address } }
            guard !others.isEmpty else { return "IOMMU group \(group) holds nothing else." }
            let taken = others.filter { !$0.hasSecondaryBus }
            let bridges = others.count - taken.count
            let left =
                bridges == 0
                ? ""
                : bridges == 1
                    ? " The bridge in it stays with the host." : " \(bridges) bridges in it stay with the host."
            return taken.isEmpty
                ? "IOMMU group \(group) holds nothing else that would be taken.\(left)"
                : "IOMMU group \(group) also holds \(taken.map(\.words).joined(separator: ", ")): a guest's start takes "
                    + "them all from the host.\(left)"
        }
    }
}

extension DeviceCase.Point {
    init(_ reason: Reason) {
        let known = PlanReason(rawValue: reason.code.rawValue)
        let explanation = known?.explanation ?? FindingCode(rawValue: reason.code.rawValue)?.explanation
        self.init(
            severity: reason.severity, code: reason.code, messages: [reason.message],
            meaning: explanation.map { "\($0.what) \($0.why)" }, evidence: reason.evidence,
            remedies: known?.remedies ?? [])
    }

    mutating func add(_ reason: Reason) {
        messages.append(reason.message)
        evidence += reason.evidence.filter { !evidence.contains($0) }
    }
}

extension FleetError {
    fileprivate static func noDevice(_ slot: PCISlot, _ node: NodeName, _ index: PCIIndex) -> FleetError {
        let cards = index.functions.filter { $0.class.isDisplay || $0.class.isAccelerator }.map(\.address.slot.short)
        let known = cards.isEmpty ? "" : " Its graphics cards and accelerators: \(cards.joined(separator: ", "))."
        return FleetError(
            "device-not-found", "\(node) has no device at \(slot).",
            advice: "vfiofleet show \(node) lists its devices.\(known)")
    }
}
