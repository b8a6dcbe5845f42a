import ArgumentParser
import Documents
import Engine
import Fleet
import Foundation
import Store

/// Plans every node of the database and prints `{"seconds": …, "nodes": …, "change": …}`.
struct Plan: AsyncParsableCommand {
    @Argument(help: "The database.") var database: String
    @Argument(help: "The playbook.") var playbook: String

    struct Report: Encodable {
        var seconds: Double
        var nodes: Int
        /// How many of them would be changed.
        var change: Int
    }

    func run() async throws {
        let store = try Store.open(path: database)
        let start = ContinuousClock.now
        let playbook = try PlaybookDocument.load(playbook)
        let targets = try playbook.targets(in: Inventory(nodes: try await store.nodes())).targets
        let (plan, _) = try await PlanService(store: store, judge: DomainJudge()).plan(playbook, for: targets)
        let time = (ContinuousClock.now - start).components
        let report = Report(
            seconds: Double(time.seconds) + Double(time.attoseconds) / 1e18, nodes: plan.nodes.count,
            change: plan.summary.change)
        print(String(decoding: try JSONEncoder().encode(report), as: UTF8.self))
    }
}
