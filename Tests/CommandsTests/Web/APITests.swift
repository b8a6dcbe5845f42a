import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// The API is as its document says.
@Suite struct APITests {
    static let checkout = URL(filePath: #filePath).pathComponents.dropLast(4).joined(separator: "/")

    /// A fleet with a plan, and a roll-out of it that nobody drives.
    static func fill(_ store: Store) async throws {
        try await WebFleet.fill(store, 12)
        let file = FileChange(path: "/etc/modules", before: Array("# keep\n".utf8), after: Array("vfio\n".utf8))
        let nodes = try await store.nodes().prefix(3).map { node in
            FleetPlan.Entry(
                plan: NodePlan(node: node.name, verdict: .change, files: [file], reboot: true),
                settings: NodeSettings(), facts: .sha256(Array("facts".utf8)))
        }
        let plan = FleetPlan(purpose: .apply, playbook: Playbook(name: "gpu"), nodes: nodes)
        let digest = try await store.save(plan, at: WebFleet.ago(1))
        let rollout = Rollout(id: try #require(RolloutID("r1")), of: plan, digest: digest)
        try await store.create(rollout, at: WebFleet.ago(1), by: "test")
    }

    @Test(.timeLimit(.minutes(2))) func theRunningServerIsAsItsDocumentSays() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("anna", "approver")
        let token = try #require(try await web.token("anna").split(separator: " ").last)
        let digest = try #require(try await web.store.plans().first).digest
        #expect(try await web.store.request(digest, at: WebFleet.now, by: "olaf@web") == 1)
        _ = try await web.store.propose(
            digest, for: try #require(ScheduleName("nightly")), .propose, telling: [], [], under: "gpu",
            at: WebFleet.now, by: "schedule nightly")
        let plan = digest.description
        let spec = "\(Self.checkout)/docs/openapi.json"
        let result = try await Program("/usr/bin/python3").run(
            "\(Self.checkout)/Tests/CommandsTests/Web/agreement.py", spec, web.base, String(token), "node0003", plan,
            "r1")
        #expect(result.status == 0, "\(result.transcript)")
        let local = try await Program("/usr/bin/python3").run(
            "\(Self.checkout)/Tests/CommandsTests/Web/agreement.py", spec, "unix:\(web.folder.path)/fleet.db.sock", "",
            "node0003", plan, "r1")
        #expect(local.status == 0, "\(local.transcript)")
        let metrics = try web.client.get("/metrics", "Authorization: Bearer \(token)").body
        #expect(metrics.contains("vfiofleet_rollouts_open 1\n") && metrics.contains("_seconds_bucket{route="))
        #expect(Exposition(metrics).flaws.isEmpty, "\(Exposition(metrics).flaws)")
        let served = try web.client.get("/api/v1/openapi.json").body
        #expect(served.contains("\"/rollouts/{id}/retry\"") && !served.contains("x-socket-only\""))
    }

    @Test(.timeLimit(.minutes(2))) func listsComeInPartsAndForms() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        let first = try web.client.get("/api/v1/nodes?limit=5", token)
        #expect(first.headers["link"] == #"</api/v1/nodes?limit=5&offset=5>; rel="next""#)
        #expect(first.body.components(separatedBy: "\"name\"").count == 6)
        let last = try web.client.get("/api/v1/nodes?limit=5&offset=10", token)
        #expect(last.headers["link"] == #"</api/v1/nodes?limit=5&offset=5>; rel="prev""#)
        #expect(last.body.components(separatedBy: "\"name\"").count == 3)
        let some = try web.client.get("/api/v1/nodes?selector=node000%5B1-2%5D", token)
        #expect(some.body.contains("node0001") && !some.body.contains("node0003"))
        let none = try web.client.get("/api/v1/nodes?selector=nobody", token)
        #expect(none.status == 400 && none.body.contains("selector-"), "\(none.body)")

        // The same as the command prints.
        for (path, command) in [
            ("/api/v1/compliance?limit=1000", ["compliance", "--all", "--json"]),
            ("/api/v1/rollouts", ["rollout", "list", "--json"]), ("/api/v1/gpus", ["gpus", "--json"]),
            ("/api/v1/nodes/node0003", ["show", "node0003", "--json"]),
            ("/api/v1/nodes/node0003/history", ["show", "node0003", "--history", "--json"]),
        ] {
            let printed = try await web.program.run(command).output
            let served = try web.client.get(path, token).body
            #expect(served.trimmingCharacters(in: .newlines) == printed.trimmingCharacters(in: .newlines), "\(path)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func partsOfAListAreTheWholeList() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        func list(_ path: String) throws -> [[String: Any]] {
            let body = try web.client.get(path, token).body
            return try #require(try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [[String: Any]], "\(body)")
        }
        for name in ["gpus", "compliance"] {
            let whole = try list("/api/v1/\(name)?limit=1000")
            var parts: [[String: Any]] = []
            while case let part = try list("/api/v1/\(name)?limit=5&offset=\(parts.count)"), !part.isEmpty {
                #expect(part.count == min(5, whole.count - parts.count))
                parts += part
            }
            #expect(whole.count > 10 && NSArray(array: whole) == NSArray(array: parts), "\(name)")
            let some = try list("/api/v1/\(name)?limit=3&selector=node000%5B2-3%5D")
            #expect(some.compactMap { $0["node"] as? String }.first == "node0002", "\(name): \(some)")
        }
        // A new answer is read before it is told of.
        let old = try list("/api/v1/gpus?limit=1000").count
        let node = try #require(NodeName("node0001"))
        _ = try await web.store.record([Sighting(of: node, at: WebFleet.now, answer: Array("no cards".utf8))])
        #expect(try list("/api/v1/gpus?limit=1000").count < old)
        let page = try web.client.get("/gpus", token).body
        #expect(page.contains("<h1>\(try list("/api/v1/gpus?limit=1000").count) cards</h1>"))
    }

    /// Rules and dashboard would stay silent for a metric that is not there.
    @Test func whatIsWatchedIsMeasured() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOfFile: "\(Self.checkout)/\(path)", encoding: .utf8)
        }
        let metric = /(vfiofleet|process)_[a-z_]+/
        let watched = try ["alerts.yaml", "grafana.json"].flatMap { file in
            try text("docs/monitoring/\(file)").matches(of: metric).map { String($0.output.0) }
        }
        let measured = try [
            "Sources/Web/Metrics/MetricsPage.swift", "Sources/Web/Metrics/Counting.swift",
            "Sources/Engine/Sweeps/Sweep.swift", "Sources/Engine/Rollouts/RolloutRun.swift",
        ].map(text).joined()
        #expect(Set(watched).count > 10)
        for name in Set(watched) {
            let base = name.replacing(/_(sum|count|bucket)$/, with: "")
            #expect(measured.contains("\"\(base)\""), "\(name)")
            #expect(try text("docs/web.md").contains("`\(base)"), "\(name) is not described")
        }
    }

    @Test(.timeLimit(.minutes(1))) func aRolloutIsToldAsItGoes() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        let id = try #require(RolloutID("r1"))
        var rollout = try await web.store.rollout(id).rollout
        let lease = try await web.store.acquireLease(Lease.name(for: id), for: "test", seconds: 60, at: WebFleet.now)
        let client = web.client
        async let heard = Task.detached {
            try client.exchange(
                "GET /api/v1/rollouts/r1/events HTTP/1.1\r\nHost: localhost\r\n\(token)\r\n\r\n", seconds: 4)
        }.value
        try await Task.sleep(for: .seconds(1))
        let event = RolloutEvent(at: WebFleet.now, .start)
        _ = rollout.handle(event)
        try await web.store.append(event, number: 1, after: rollout, under: lease)
        let words = try await heard
        #expect(words.contains("text/event-stream") && words.contains("id: 1\nevent: journal\ndata: {"), "\(words)")
    }
}
