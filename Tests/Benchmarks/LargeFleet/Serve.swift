import ArgumentParser
import Documents
import Engine
import Fleet
import Foundation
import Logging
import Store
import Web

/// Serves the web page over a database that `schedule` made, with or without sweeps one after the other beside it. It is what
/// `vfiofleet serve` is, but for the nodes: they answer from memory, and leave the processor to who is measured.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve")

    @Argument(help: "The database.") var database: String
    @Argument(help: "A file with the answer of a node that is as the playbook asks.") var answer: String
    @Argument(help: "The playbook.") var playbook: String
    @Option(help: "The port of 127.0.0.1.") var port: Int
    @Flag(help: "Verify all nodes again and again meanwhile.") var sweeping = false
    @Option(help: "How many seconds a node takes to answer.") var away = 1.0

    func run() async throws {
        let store = try Store.open(path: database)
        let fleet = try DriftingFleet(
            template: AnswerTemplate(answer), count: try await store.nodes().count, time: SystemTime(),
            away: .seconds(away))
        let host = RolloutHost(store: store) { actor in
            RolloutDriver(
                store: store, opener: fleet.opener, judge: DomainJudge(), holder: LeaseHolder(description: actor))
        }
        MetricsRegistry.collect()
        let server = WebServer(
            WebSettings(address: .tcp("127.0.0.1", port: port)), store: store, host: host,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.run {
                    print("listening")
                    fflush(nil)
                }
            }
            if sweeping { group.addTask { try await sweep(store, fleet) } }
            try await group.waitForAll()
        }
    }

    private func sweep(_ store: Store, _ fleet: DriftingFleet) async throws {
        let service = ComplianceService(store: store, opener: fleet.opener, judge: DomainJudge())
        let playbook = try PlaybookDocument.load(playbook)
        let targets = try playbook.targets(in: Inventory(nodes: try await store.nodes())).targets
        while !Task.isCancelled { _ = try await service.run(playbook, targets) }
    }
}
