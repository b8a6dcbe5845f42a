import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// What the pages say of nodes is no more than what is known.
@Suite struct FleetWordsTests {
    private static let nodes = ["fresh", "stale", "never"].compactMap { NodeName($0) }

    /// One that was looked at now, one long ago, one never.
    private static func fill(_ store: Store) async throws {
        let described = nodes.map { Node(name: $0, connection: ConnectionSettings(address: "192.0.2.1")) }
        _ = try await store.importInventory(Inventory(nodes: described), at: WebFleet.ago(30), by: "test")
        for (name, days) in zip(nodes, [0, 12]) {
            let check = CheckResult(.driver, device: "0000:01:00.0", .pass, "01:00.0 is on vfio-pci.", evidence: [])
            let look = NodeRules(
                NodeCompliance(node: name, checks: [check]), failure: nil, settings: .sha256(Array("asked".utf8)))
            _ = try await store.record([look], under: "gpu", at: WebFleet.ago(days))
        }
    }

    /// Not by the configuration: then it would be made up for at once.
    private static func addLateSchedule(_ store: Store) async throws {
        let nightly = Schedule(
            name: try #require(ScheduleName("nightly")), cron: try CronExpression(parsing: "30 3 * * *"),
            playbook: "gpu.yaml")
        try await store.setSchedules([nightly], at: WebFleet.ago(20))
        try await store.beginRun(of: nightly.name, at: WebFleet.ago(12))
        try await store.endRun(of: nightly.name, ScheduleOutcome(compliant: 1, playbook: "gpu"), at: WebFleet.ago(12))
    }

    @Test(.timeLimit(.minutes(2))) func nobodyIsCalledGoodWhomNobodyLookedAt() async throws {
        let web = try await WebFixture(fill: Self.fill)
        try await web.add("vera", "viewer")
        let token = try await web.token("vera")
        try await Self.addLateSchedule(web.store)
        let page = try web.client.get("/", token).body
        #expect(page.contains("<h1>1 of 3 nodes not looked at lately</h1>") && !page.contains("All is well"), "\(page)")
        #expect(page.contains("12 days ago</time> and <time"), "the oldest look is told, too")
        #expect(page.contains("The schedule nightly "))
        #expect(page.contains("How it stands now is not known."))
        for (state, name) in [("stale", "stale"), ("unverified", "never"), ("good", "fresh")] {
            let shown = try web.client.get("/?state=\(state)", token).body
            let tiles = shown.matches(of: /class="name">([a-z]+)</).map { String($0.1) }
            #expect(tiles == [name], "\(state)")
        }
        let compliance = try web.client.get("/compliance", token).body
        #expect(compliance.contains("2 of the 2 nodes that were looked at"), "\(compliance)")
        #expect(!compliance.contains("last 30 days") && compliance.contains("at every look since"))
        #expect(compliance.contains("1 node of the inventory"))
        let row = try #require(compliance.split(separator: "<tr>").first { $0.contains("/nodes/stale/compliance") })
        #expect(row.components(separatedBy: "not looked at").count == 30 && row.contains(">held<"), "\(row)")
        let metrics = try web.client.get("/metrics", token).body
        #expect(metrics.contains(#"vfiofleet_nodes{state="stale"} 1"#), "\(metrics)")
        #expect(Exposition(metrics).flaws.isEmpty, "\(Exposition(metrics).flaws)")
    }
}
