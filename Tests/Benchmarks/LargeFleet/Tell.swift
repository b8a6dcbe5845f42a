import ArgumentParser
import Engine
import Fleet
import Foundation
import Store

/// Puts a roll-out with a long journal into a database, and once it is told to on standard input, appends events one by one, as
/// a driver in a process of its own does. Prints the number and the second of each when it is on disk.
struct Tell: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tell")

    @Argument(help: "The database.") var database: String
    @Option(help: "Nodes of the roll-out.") var nodes = 1_000
    @Option(help: "Events that were there before.") var before = 8_000
    @Option(help: "Events that are appended.") var events = 40
    @Option(help: "Milliseconds between two of them.") var pause = 700

    func run() async throws {
        let store = try Store.open(path: database)
        let names = Array(try await store.nodes().map(\.name).prefix(nodes))
        let settings = RolloutSettings(canaries: 0, maxUnavailable: .percent(5), pauseSeconds: 0)
        let plan = BenchPlan.fleet(names, settings)
        guard let id = RolloutID("bench-told") else { throw ValidationError("no id") }
        let rollout = Rollout(id: id, of: plan, digest: try await store.save(plan, at: SystemTime().now()))
        try await store.create(rollout, at: SystemTime().now(), by: "bench")
        let lease = try await store.acquireLease(
            Lease.name(for: id), for: "bench", seconds: 3600, at: SystemTime().now())
        var run = InstantRollout(rollout, seed: 1, at: SystemTime().now())
        for number in 1...(before + events) {
            if number == before + 1 {
                say("\(id)")
                _ = readLine()
            }
            guard let event = run.next() else { throw ValidationError("The roll-out has only \(number - 1) events.") }
            run.take(event)
            try await store.append(event, number: number, after: run.rollout, under: lease)
            guard number > before else { continue }
            say("\(number) \(Date().timeIntervalSince1970)")
            try await Task.sleep(for: .milliseconds(pause))
        }
        try store.close()
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)
    }
}
