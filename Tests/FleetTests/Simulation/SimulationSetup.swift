import Fleet
import TestSupport
import Testing

/// A fleet, its clusters, and a roll-out over it, all by chance.
struct SimulationSetup {
    var members: [NodeName: SimulatedMember] = [:]
    var clusters: [NodeName: SimulatedCluster] = [:]
    var rollout: Rollout
    /// Nothing is wrong with its nodes, and nothing happens to them: whatever becomes of the controller, each is to end
    /// verified.
    let isGentle: Bool

    init(_ random: inout SeededNumbers) throws {
        let isGentle = Int.random(in: 0..<8, using: &random) == 0
        self.isGentle = isGentle
        let plans = (1...Int.random(in: 1...8, using: &random)).map { Self.plan("n\($0)", &random) }
        var settings = Self.settings(&random)
        if isGentle { settings.returnWithinSeconds = 600 }
        if isGentle, settings.confirmWithinSeconds != nil { settings.confirmWithinSeconds = 3600 }
        var domains: [NodeName: [FailureDomain]] = [:]
        let pools = (0..<2).map { number in
            SimulatedCluster(name: "c\(number)", votes: Int.random(in: plans.count...plans.count + 3, using: &random))
        }
        for plan in plans {
            let isLucky = isGentle || Int.random(in: 0..<3, using: &random) > 0
            let fate = SimulatedMember.Fate.allCases.randomElement(using: &random)
            var member = SimulatedMember(
                plan, fate: isLucky ? .well : fate ?? .well, bootSeconds: Int.random(in: 20...120, using: &random))
            member.populate(
                Set(SimulatedMember.numbers.filter { _ in Bool.random(using: &random) }),
                startingAtBoot: Set(SimulatedMember.numbers.filter { _ in Bool.random(using: &random) }))
            member.migrates = Bool.random(using: &random)
            member.ties = .byChance(&random)
            member.tiesBefore = member.ties
            members[plan.node] = member
            if !isGentle,
                let pool = Int.random(in: 0..<2, using: &random) == 0 ? pools.randomElement(using: &random) : nil
            {
                clusters[plan.node] = pool
                domains[plan.node] = [FailureDomain(label: nil, value: pool.name)]
            }
        }
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 7, count: 32)))
        let fleet = FleetPlan(
            purpose: Int.random(in: 0..<6, using: &random) == 0 ? .undo : .apply, playbook: Playbook(name: "gpu"),
            nodes: plans.map { .init(plan: $0, settings: NodeSettings(), facts: nil) })
        rollout = Rollout(
            id: try #require(RolloutID("r1")), of: fleet, digest: digest, settings: settings, domains: domains,
            zones: [SimulatedClocks.zone(&random)])
    }

    private static func plan(_ name: String, _ random: inout SeededNumbers) -> NodePlan {
        if Int.random(in: 0..<8, using: &random) == 0 { return change(name, files: false, commands: [], reboot: false) }
        var plan = change(name, guests: Array([100, 101].prefix(Int.random(in: 0...2, using: &random))))
        if Bool.random(using: &random) { plan.evacuation = [] }
        return plan
    }

    private static func settings(_ random: inout SeededNumbers) -> RolloutSettings {
        RolloutSettings(
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
    }
}
