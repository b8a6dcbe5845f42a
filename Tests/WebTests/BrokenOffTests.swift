import Engine
import Fleet
import Forms
import Foundation
import Store
import TestSupport
import Testing

@testable import Web

/// A run that nobody brings to its end is told as such, by whoever shows the same database.
@Suite struct BrokenOffTests {
    private let folder: TemporaryFolder
    private let site: Site
    private let name: ScheduleName

    init() async throws {
        folder = try TemporaryFolder()
        let store = try Store.open(path: folder.path(of: "fleet.db"))
        let host = RolloutHost(store: store) { actor in
            RolloutDriver(store: store, opener: NoNodes(), judge: DomainJudge(), holder: LeaseHolder(actor: actor))
        }
        let time = SystemTime()
        site = Site(settings: WebSettings(address: .unix("/nowhere")), store: store, host: host, time: time)
        name = try #require(ScheduleName("nightly"))
        let schedule = Schedule(name: name, cron: try CronExpression(parsing: "@daily"), playbook: "p.yaml")
        try await store.setSchedules([schedule], at: time.now())
        try await store.beginRun(of: name, at: time.now())
    }

    @Test func pageAndMetricsSaySo() async throws {
        let line = "vfiofleet_schedule_run{schedule=\"nightly\",state="
        #expect(try await MetricsPage(site: site).text().contains(line + "\"broken-off\"} 1"))
        #expect(try await FleetOverview.read(site.store, at: site.now).warnings.map(\.run) == [.brokenOff])

        let holder = LeaseHolder(actor: "anna").description
        _ = try await site.store.acquireLease(ScheduleService.leaseName, for: holder, seconds: 30, at: site.now)
        try await site.store.beginRun(of: name, at: site.now)
        let text = try await MetricsPage(site: site).text()
        #expect(text.contains(line + "\"under-way\"} 1") && text.contains(line + "\"broken-off\"} 0"))
        #expect(try await FleetOverview.read(site.store, at: site.now).warnings.isEmpty)
    }
}

private struct NoNodes: NodeOpener {
    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        throw .refused(FleetError("node-unknown", "There is no node."), nil)
    }
}
