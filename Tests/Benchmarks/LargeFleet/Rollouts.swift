import ArgumentParser
import Engine
import Fleet
import Foundation
import Store

/// Times roll-outs: how long one takes in all, what an event costs the scheduler, and what it costs the journal.
struct Rollouts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rollout")

    @Argument(help: "A directory for databases, on a fast disk: the time runs faster than it.") var directory: String
    @Option(help: "A directory on the disk whose journal is measured; the other one when left out.") var disk: String?
    @Option(help: "Nodes whose makespan is measured.") var nodes = 200
    @Option(help: "So many of them are under way at the same time.") var window = 10
    @Option(help: "How many times faster than a clock the time runs.") var speed = 100
    @Option(help: "Nodes whose scheduling and journal are measured.") var large = 10_000
    @Option(help: "Events of the scheduler.") var events = 20_000
    @Option(help: "Events of the journal.") var journalled = 2_000
    @Option(help: "Of all that is by chance.") var seed: UInt64 = 1

    struct Report: Encodable {
        var makespan: Makespan
        var scheduling: Cost
        var journal: Cost
    }

    /// All in seconds of virtual time.
    struct Makespan: Encodable {
        var nodes: Int
        var window: Int
        /// How many times faster than a clock the time ran.
        var speed: Int
        /// No order of the nodes could be done sooner.
        var bound: Double
        /// Each node begins as soon as one before it is done, and nothing else takes any time.
        var ideal: Double
        var sliding: Double
        var lockstep: Double
    }

    /// Of one event, in seconds.
    struct Cost: Encodable {
        var nodes: Int
        var events: Int
        var mean: Double
        var median: Double
        /// 99 of 100 are below.
        var high: Double
        var worst: Double

        init(nodes: Int, _ samples: [Duration]) {
            let seconds = samples.map(\.asSeconds).sorted()
            self.nodes = nodes
            events = seconds.count
            mean = seconds.reduce(0, +) / Double(max(1, seconds.count))
            median = seconds.isEmpty ? 0 : seconds[seconds.count / 2]
            high = seconds.isEmpty ? 0 : seconds[seconds.count * 99 / 100]
            worst = seconds.last ?? 0
        }
    }

    func run() async throws {
        let report = Report(
            makespan: try await makespan(), scheduling: try schedulingCost(), journal: try await journalCost())
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        print(String(decoding: try encoder.encode(report), as: UTF8.self))
    }

    // MARK: Makespan

    /// The real driver over nodes with reboot times by chance, with a window, and with batches of the same size.
    private func makespan() async throws -> Makespan {
        var random = SplitMix(seed: seed)
        let times = BenchPlan.names(nodes).map { name in
            (
                name, rebuild: Double.random(in: 15...40, using: &random),
                reboot: Double.random(in: 75...260, using: &random)
            )
        }
        let least = times.map { $0.rebuild + $0.reboot }
        let bound = max(least.reduce(0, +) / Double(window), least.max() ?? 0)
        let sliding = RolloutSettings(
            canaries: 0, maxUnavailable: .count(window), pauseSeconds: 0, perCluster: .count(.max), order: .inventory)
        let lockstep = RolloutSettings(
            canaries: 0, batch: .count(window), pauseSeconds: 0, perCluster: .count(.max), order: .inventory)
        return Makespan(
            nodes: nodes, window: window, speed: speed, bound: bound, ideal: ideal(least),
            sliding: try await drive(times, sliding, "sliding"),
            lockstep: try await drive(times, lockstep, "lockstep"))
    }

    private func ideal(_ least: [Double]) -> Double {
        var slots = [Double](repeating: 0, count: window)
        for seconds in least {
            let next = slots.indices.min { slots[$0] < slots[$1] } ?? 0
            slots[next] += seconds
        }
        return slots.max() ?? 0
    }

    private func drive(
        _ times: [(NodeName, rebuild: Double, reboot: Double)], _ settings: RolloutSettings, _ name: String
    ) async throws -> Double {
        let time = FastTime(factor: speed)
        let nodes = times.map { BenchNode($0.0, rebuild: $0.rebuild, reboot: $0.reboot, time) }
        let (store, rollout, _) = try await create(times.map(\.0), settings, name, in: directory, at: time.now())
        let driver = RolloutDriver(
            store: store, opener: BenchFleet(nodes: Dictionary(nodes.map { ($0.name, $0) }) { first, _ in first }),
            judge: BenchJudge(), holder: LeaseHolder(description: "bench"), time: time)
        let start = time.now()
        let end = try await driver.drive(rollout.id)
        let passed = Double(time.now().milliseconds - start.milliseconds) / 1000
        try store.close()
        guard end.phase == .ended(.completed) else { throw ValidationError("The roll-out ended as \(end.phase).") }
        return passed
    }

    // MARK: Costs

    private func schedulingCost() throws -> Cost {
        let names = BenchPlan.names(large)
        guard let id = RolloutID("bench"), let digest = ContentDigest(bytes: [UInt8](repeating: 0, count: 32)) else {
            throw ValidationError("no id")
        }
        let rollout = Rollout(
            id: id, of: BenchPlan.fleet(names, Self.large), digest: digest, domains: BenchPlan.domains(names))
        var run = InstantRollout(rollout, seed: seed, at: Timestamp(milliseconds: 0))
        var samples: [Duration] = []
        while samples.count < events, let event = run.next() {
            samples.append(ContinuousClock().measure { run.take(event) })
        }
        return Cost(nodes: large, samples)
    }

    /// On a real disk: an event is there for good when its effects begin.
    private func journalCost() async throws -> Cost {
        let names = BenchPlan.names(large)
        let (store, rollout, lease) = try await create(
            names, Self.large, "journal", in: disk ?? directory, at: SystemTime().now())
        var run = InstantRollout(rollout, seed: seed, at: SystemTime().now())
        var samples: [Duration] = []
        while samples.count < journalled, let event = run.next() {
            run.take(event)
            let start = ContinuousClock.now
            try await store.append(event, number: samples.count + 1, after: run.rollout, under: lease)
            samples.append(ContinuousClock.now - start)
        }
        try store.close()
        return Cost(nodes: large, samples)
    }

    private static let large = RolloutSettings(canaries: 0, maxUnavailable: .percent(1), pauseSeconds: 0)

    private func create(
        _ names: [NodeName], _ settings: RolloutSettings, _ name: String, in directory: String, at time: Timestamp
    ) async throws -> (Store, Rollout, Lease) {
        let path = "\(directory)/\(name)-\(UUID().uuidString).db"
        let store = try Store.open(path: path)
        let connection = ConnectionSettings(address: "192.0.2.1")
        let inventory = Inventory(nodes: names.map { Node(name: $0, connection: connection) })
        _ = try await store.importInventory(inventory, at: time, by: "bench")
        let plan = BenchPlan.fleet(names, settings)
        let digest = try await store.save(plan, at: time)
        guard let id = RolloutID("bench-\(name)") else { throw ValidationError("no id") }
        let rollout = Rollout(id: id, of: plan, digest: digest, domains: BenchPlan.domains(names))
        try await store.create(rollout, at: time, by: "bench")
        let lease = try await store.acquireLease("bench", for: "bench", seconds: 3600, at: time)
        return (store, rollout, lease)
    }
}

extension Duration {
    fileprivate var asSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
