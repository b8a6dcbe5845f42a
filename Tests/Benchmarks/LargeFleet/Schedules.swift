import ArgumentParser
import Documents
import Engine
import Fleet
import Foundation
import Logging
import Probe
import Store

/// Verifies a large fleet by an hourly schedule, in a time that runs faster than a clock. The nodes answer at once and from
/// memory: what is measured is what a look costs after SSH has brought it, and what stays in the database.
struct Schedules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "schedule")

    @Argument(help: "The database to make.") var database: String
    @Argument(help: "A file with the answer of a node that is as the playbook asks.") var answer: String
    @Argument(help: "The playbook.") var playbook: String
    @Option(help: "How many nodes.") var nodes = 2_000
    @Option(help: "So many hourly runs, after a first one that finds everything new.") var hours = 24
    @Option(help: "How many times faster than a clock the time runs.") var speed = 240
    @Flag(help: "The runs are those of the hours before now, for who looks at the database by a clock.")
    var past = false

    struct Report: Encodable {
        var nodes: Int
        var hours: Int
        var speed: Int
        /// Of one run over all nodes, in seconds.
        var wall: [Double]
        var cpu: [Double]
        /// How often a rule stood otherwise than at the run before.
        var changes: Int
        /// In bytes, closed: after the first run, and at the end.
        var first: Int
        var last: Int
    }

    func run() async throws {
        let time =
            past
            ? FastTime(factor: speed, from: SystemTime().now().adding(seconds: -hours * 3600)) : FastTime(factor: speed)
        let fleet = try DriftingFleet(template: AnswerTemplate(answer), count: nodes, time: time)
        let store = try Store.open(path: database)
        let connection = ConnectionSettings(address: "192.0.2.1")
        let inventory = Inventory(nodes: fleet.names.map { Node(name: $0, connection: connection) })
        _ = try await store.importInventory(inventory, at: time.now(), by: "bench")
        guard let name = ScheduleName("hourly") else { throw ValidationError("no name") }
        let schedule = Schedule(name: name, cron: try CronExpression(parsing: "@hourly"), playbook: playbook)
        try await store.setSchedules([schedule], at: time.now())
        try store.close()

        _ = try await follow(fleet, runs: 1)
        let first = try size()
        let runs = try await follow(fleet, runs: hours)
        let report = Report(
            nodes: nodes, hours: hours, speed: speed, wall: runs.map(\.wall), cpu: runs.map(\.cpu),
            changes: runs.reduce(0) { $0 + $1.outcome.changes }, first: first, last: try size())
        guard runs.allSatisfy({ $0.outcome.compliant > nodes / 2 && $0.outcome.error == nil }) else {
            throw ValidationError("The nodes were not seen as they are: \(runs.map(\.outcome)).")
        }
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }

    private struct Run {
        var outcome: ScheduleOutcome
        var wall: Double
        var cpu: Double
    }

    /// The next runs of the schedule, under the runner that `serve` has.
    private func follow(_ fleet: DriftingFleet, runs: Int) async throws -> [Run] {
        let store = try Store.open(path: database)
        let (ends, end) = AsyncStream.makeStream(of: Run.self)
        let meter = Meter()
        let service = ComplianceService(store: store, opener: fleet.opener, judge: DomainJudge(), time: fleet.time)
        let runner = ScheduleRunner(
            store: store, service: service, time: fleet.time,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        ) { [playbook] _ throws(FleetError) in
            await meter.start()
            do {
                let playbook = try PlaybookDocument.load(playbook)
                return (playbook, try playbook.targets(in: Inventory(nodes: try await store.nodes())).targets)
            } catch { throw FleetError("bench", "\(error)") }
        } listener: { _, outcome, _ in
            let (wall, cpu) = await meter.passed()
            end.yield(Run(outcome: outcome, wall: wall, cpu: cpu))
        }
        let task = Task { try await runner.run() }
        var done: [Run] = []
        for await run in ends {
            done.append(run)
            if done.count == runs { break }
        }
        task.cancel()
        try await task.value
        try store.close()
        return done
    }

    private func size() throws -> Int {
        try URL(fileURLWithPath: database).resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
    }
}

/// What one run took, in seconds of a clock and of the processor.
private actor Meter {
    private var wall = ContinuousClock.now
    private var cpu = 0.0

    func start() {
        wall = .now
        cpu = Self.used
    }

    func passed() -> (wall: Double, cpu: Double) {
        let (seconds, attoseconds) = (ContinuousClock.now - wall).components
        return (Double(seconds) + Double(attoseconds) / 1e18, Self.used - cpu)
    }

    private static var used: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}
