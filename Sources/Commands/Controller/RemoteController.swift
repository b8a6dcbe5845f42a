internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store
internal import Web

/// Has the running controller do it.
struct RemoteController: Controller {
    let client: ControllerClient
    let about: ControllerDocument

    var farewell: String {
        "Left. The controller goes on with what is in flight; vfiofleet rollout show tells where it stands."
    }
    var goesOnAlone: Bool { true }

    func nodes(_ selector: String?) async throws -> [NodeName] {
        struct Selection: Decodable { var nodes: [NodeName] }
        let query = selector.map { "?selector=\($0.asQueryValue)" } ?? ""
        return try await (client.get("selection" + query) as Selection).nodes
    }

    func plan(beginning prefix: String) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        let kept: KeptPlan = try await client.get("plans/\(prefix.asQueryValue)/kept")
        return (kept.plan, kept.digest)
    }

    func give(_ order: RolloutOrder, to id: RolloutID) async throws {
        switch order {
        case .suspend: try await client.post("rollouts/\(id)/suspend")
        case .abort: try await client.post("rollouts/\(id)/abort")
        case .skip(let node): try await client.post("rollouts/\(id)/skip", form: ["node": node.description])
        case .retry(let node): try await client.post("rollouts/\(id)/retry", form: ["node": node.description])
        }
    }

    func rollout(_ id: RolloutID) async throws -> KeptRollout { try await client.get("rollouts/\(id)/kept") }

    func rollouts(latest count: Int) async throws -> [StoredRollout] {
        struct Line: Decodable { var id: RolloutID }
        let lines: [Line] = try await client.get("rollouts?limit=\(min(max(count, 1), 1000))")
        var found: [StoredRollout] = []
        for line in lines.prefix(count) { found.append(try await rollout(line.id).stored) }
        return found
    }

    func journal(of id: RolloutID) async throws -> [JournalEntry] { try await client.get("rollouts/\(id)/journal") }

    /// At once where one person may decide, else by asking and waiting for somebody's yes.
    func begin(_ plan: FleetPlan, _ digest: ContentDigest, _ console: Console) async throws -> RolloutID {
        if about.role == .approver, !about.fourEyes {
            return try await (client.post("plans/\(digest)/rollouts") as Begun).rollout
        }
        let asked: RequestDocument = try await client.post("plans/\(digest)/requests")
        console.note("Asked for it. An approver lets it begin: vfiofleet rollout approve \(asked.id)")
        return try await decision(on: asked.id)
    }

    func requests() async throws -> [RequestDocument] { try await client.get("requests?limit=1000") }

    func approve(_ request: Int64) async throws -> RolloutID {
        try await (client.post("requests/\(request)/approve") as Begun).rollout
    }

    func refuse(_ request: Int64) async throws { try await client.post("requests/\(request)/refuse") }

    func proposals() async throws -> [ProposalDocument] { try await client.get("proposals?limit=1000") }

    func proposal(_ id: Int64) async throws -> ProposalDocument { try await client.get("proposals/\(id)") }

    func reject(_ proposal: Int64) async throws { try await client.post("proposals/\(proposal)/reject") }

    private struct Begun: Decodable { var rollout: RolloutID }

    private func decision(on request: Int64) async throws -> RolloutID {
        while true {
            let asked: RequestDocument = try await client.get("requests/\(request)")
            if let rollout = asked.rollout { return rollout }
            if let decider = asked.decidedBy {
                throw FleetError(
                    "rollout-refused", "\(decider) has refused the roll-out.", advice: "Nothing was changed.")
            }
            try await Task.sleep(for: .seconds(1))
        }
    }
}
