import Engine
import Fleet
import Foundation

/// A plan that takes each node through all steps of a roll-out but the guests': one file, one rebuild, one reboot.
enum BenchPlan {
    static let path = "/etc/modprobe.d/vfio.conf"
    static let wanted = Array("options vfio-pci ids=10de:1f02\n".utf8)

    static func of(_ node: NodeName) -> NodePlan {
        NodePlan(
            node: node, verdict: .change, files: [FileChange(path: path, before: nil, after: wanted)],
            commands: [.updateInitramfs], reboot: true)
    }

    static func fleet(_ nodes: [NodeName], _ settings: RolloutSettings) -> FleetPlan {
        let entries = nodes.map { FleetPlan.Entry(plan: of($0), settings: NodeSettings(), facts: nil) }
        return FleetPlan(
            purpose: .apply, playbook: Playbook(name: "bench", rollout: settings), nodes: entries)
    }

    static func names(_ count: Int) -> [NodeName] { (1...count).compactMap { NodeName("node\($0)") } }

    /// Ten nodes of a cluster.
    static func domains(_ nodes: [NodeName]) -> [NodeName: [FailureDomain]] {
        let pairs = nodes.enumerated().map { ($1, [FailureDomain(label: nil, value: "cluster\($0 / 10)")]) }
        return Dictionary(pairs) { first, _ in first }
    }

    static func boot(_ number: Int) -> BootID? {
        BootID("00000000-0000-4000-8000-" + String(String(1_000_000_000_000 + number).dropFirst()))
    }
}

/// Asks for the same plan whatever it sees, and finds nothing wrong.
struct BenchJudge: NodeJudge {
    func plan(_ node: NodeName, _ facts: NodeFacts?, _ settings: NodeSettings) -> NodePlan { BenchPlan.of(node) }

    func guestChanges(
        _ facts: NodeFacts, _ settings: NodeSettings
    ) -> (changes: [GuestChange], blockers: [Reason]) { ([], []) }

    func verify(_ node: NodeName, _ facts: NodeFacts, _ settings: NodeSettings) -> NodeCompliance {
        NodeCompliance(node: node, checks: [])
    }
}

/// A roll-out whose effects all succeed at once, in an order by chance: what is left is the scheduling itself.
struct InstantRollout {
    private(set) var rollout: Rollout
    private var waiting: [NodeEffect] = []
    private var random: SplitMix
    private var time: Timestamp

    init(_ rollout: Rollout, seed: UInt64, at time: Timestamp) {
        self.rollout = rollout
        self.time = time
        random = SplitMix(seed: seed)
    }

    /// The next event; nil when there is none left.
    mutating func next() -> RolloutEvent? {
        time = time.adding(seconds: 1)
        if rollout.phase == .ready { return RolloutEvent(at: time, .start) }
        guard !waiting.isEmpty else { return nil }
        waiting.swapAt(Int.random(in: waiting.indices, using: &random), waiting.count - 1)
        let effect = waiting.removeLast()
        return RolloutEvent(at: time, .finished(effect.id, outcome(of: effect)))
    }

    mutating func take(_ event: RolloutEvent) {
        guard case .accepted(let effects) = rollout.handle(event) else { return }
        for case .node(let effect) in effects { waiting.append(effect) }
    }

    private func outcome(of effect: NodeEffect) -> Outcome {
        switch effect.action {
        case .proveDisk: BenchPlan.boot(1).map { .seen($0) } ?? .done
        case .awaitReturn: BenchPlan.boot(2).map { .seen($0) } ?? .done
        case .proveBoot: .compared([])
        default: .done
        }
    }
}

/// The same numbers for the same seed, everywhere.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
