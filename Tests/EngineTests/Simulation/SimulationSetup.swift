import Engine
import Fleet
import TestSupport
import Testing

/// A fleet, its clusters, and a roll-out over it, all by chance.
struct SimulationSetup {
    var members: [NodeName: SimulatedMember] = [:]
    var guests = SimulatedGuests()
    var clusters: [NodeName: SimulatedCluster] = [:]
    private(set) var domains: [NodeName: [FailureDomain]] = [:]
    let plan: FleetPlan
    let nodes: [Node]
    var rollout: Rollout
    /// Nothing is wrong with its nodes, and nothing happens to them: whatever becomes of the controller, each is to end
    /// verified.
    let isGentle: Bool

    init(_ random: inout SeededNumbers) throws {
        let isGentle = Int.random(in: 0..<8, using: &random) == 0
        self.isGentle = isGentle
        let isUndo = Int.random(in: 0..<6, using: &random) == 0
        // Large ones take most of the time.
        let count = [1, 2, 2, 3, 3, 3, 4, 6].randomElement(using: &random) ?? 1
        let names = try (1...count).map { try #require(NodeName("n\($0)")) }
        let pools = (0..<2).map { number in
            SimulatedCluster(name: "c\(number)", votes: Int.random(in: names.count...names.count + 3, using: &random))
        }
        var entries: [FleetPlan.Entry] = []
        for (number, name) in names.enumerated() {
            if !isGentle,
                let pool = Int.random(in: 0..<2, using: &random) == 0 ? pools.randomElement(using: &random) : nil
            {
                clusters[name] = pool
                domains[name] = [FailureDomain(label: nil, value: pool.name)]
            }
            let entry = Self.entry(name, number + 1, isUndo, cluster: clusters[name], &random)
            entries.append(entry)
            let member = Self.member(entry.plan, isGentle, &random)
            members[name] = member
            guests.populate(member, number: UInt32(number + 1)) { Bool.random(using: &random) }
        }
        nodes = names.map { Node(name: $0, connection: .init(address: "192.0.2.1")) }
        plan = FleetPlan(
            purpose: isUndo ? .undo : .apply,
            playbook: Playbook(name: "gpu", rollout: Self.settings(isGentle, &random)),
            nodes: entries)
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        rollout = Rollout(
            id: try #require(RolloutID("r1")), of: plan, digest: digest, domains: domains,
            zones: [SimulatedClocks.zone(&random)])
    }

    private static func entry(
        _ name: NodeName, _ number: Int, _ isUndo: Bool, cluster: SimulatedCluster?, _ random: inout SeededNumbers
    ) -> FleetPlan.Entry {
        let isLight = Int.random(in: 0..<8, using: &random) == 0
        let device = "0000:01:00.0,pcie=1"
        let option = GuestChange.Option(key: "hostpci0", before: isUndo ? device : nil, after: isUndo ? nil : device)
        let count = isLight ? 1 : Int.random(in: 0...2, using: &random)
        let guests = [100, 101].prefix(count).compactMap { VMID(number: UInt32(number * 1000 + $0)) }
        let evacuation: EvacuationSettings? =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: EvacuationSettings(usual: .shutdown)
            case 1: EvacuationSettings(usual: .migrate, otherwise: .shutdown)
            default: nil
            }
        let plan = NodePlan(
            node: name, verdict: .change, files: isLight ? [] : [SimulatedDomain.change],
            commands: isLight ? [] : [.updateGrub, .updateInitramfs], reboot: !isLight,
            guests: guests.map { GuestChange(vm: $0, options: [option]) }, cluster: cluster?.name,
            evacuation: evacuation == nil || isLight ? nil : [])
        return .init(plan: plan, settings: NodeSettings(evacuation: evacuation), facts: nil)
    }

    private static func member(_ plan: NodePlan, _ isGentle: Bool, _ random: inout SeededNumbers) -> SimulatedMember {
        let isLucky = isGentle || Int.random(in: 0..<3, using: &random) > 0
        let fate = SimulatedMember.Fate.allCases.randomElement(using: &random)
        var member = SimulatedMember(
            plan, fate: isLucky ? .well : fate ?? .well, bootSeconds: Int.random(in: 20...120, using: &random))
        member.ties = .byChance(&random)
        member.tiesBefore = member.ties
        return member
    }

    private static func settings(_ isGentle: Bool, _ random: inout SeededNumbers) -> RolloutSettings {
        var settings = RolloutSettings(
            canaries: Int.random(in: 0...2, using: &random), batch: .count(Int.random(in: 1...4, using: &random)),
            maxUnavailable: Bool.random(using: &random) ? .percent(Int.random(in: 10...100, using: &random)) : nil,
            pauseSeconds: Int.random(in: 0...60, using: &random),
            soakSeconds: Bool.random(using: &random) ? Int.random(in: 0...300, using: &random) : nil,
            returnWithinSeconds: Int.random(in: 100...600, using: &random),
            perCluster: Bool.random(using: &random) ? .count(.random(in: 1...2, using: &random)) : .percent(50),
            failureBudget: max(0, Int.random(in: -2...3, using: &random)),
            confirmWithinSeconds: Int.random(in: 0..<5, using: &random) == 0
                ? nil : Int.random(in: 60...600, using: &random),
            windows: Int.random(in: 0..<3, using: &random) == 0 ? SimulatedClocks.windows(&random) : [])
        if isGentle { settings.returnWithinSeconds = 600 }
        if isGentle, settings.confirmWithinSeconds != nil { settings.confirmWithinSeconds = 3600 }
        return settings
    }
}
