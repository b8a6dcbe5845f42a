import CoreMetrics
import Fleet
import Store
import Testing

@testable import Web

@Suite struct MetricsTests {
    @Test func whatIsCountedIsWrittenForPrometheus() {
        let registry = MetricsRegistry()
        let counter = registry.makeCounter(label: "a_total", dimensions: [("route", "x\"y\n\\")])
        counter.increment(by: 2)
        counter.increment(by: 3)
        registry.makeRecorder(label: "b", dimensions: [], aggregate: false).record(0.25)
        let timer = registry.makeTimer(label: "c_seconds", dimensions: [])
        timer.recordNanoseconds(500_000_000)
        timer.recordNanoseconds(1_000_000_000)
        var text = MetricsText()
        registry.write(to: &text)
        #expect(
            text.text == """
                # TYPE a_total counter
                a_total{route="x\\"y\\n\\\\"} 5
                # TYPE b gauge
                b 0.25
                # TYPE c_seconds summary
                c_seconds_count 2
                c_seconds_sum 1.5

                """)
    }
}

@Suite struct HeatMapTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)  // 2023-11-14T22:13:20Z

    private func span(_ rule: CheckID, _ status: CheckResult.Status, from: Int, to: Int?) throws -> RuleSpan {
        let node = try #require(NodeName("n1"))
        return RuleSpan(
            subject: RuleSubject(node: node, rule: .check(rule)), playbook: "p", status: status, message: "m",
            from: now.adding(seconds: -from * 86_400), to: to.map { now.adding(seconds: -$0 * 86_400) })
    }

    @Test func theWorstOfADayCounts() throws {
        let map = HeatMap(days: 5, until: now)
        #expect(map.days.map(HeatMap.name).first == "2023-11-10" && map.days.map(HeatMap.name).last == "2023-11-14")
        let spans = [
            try span(.files, .fail, from: 3, to: nil), try span(.driver, .fail, from: 2, to: 1),
            try span(.group, .unknown, from: 4, to: 3),
        ]
        let found = map.days.map { HeatMap.worst(spans, on: $0)?.health }
        #expect(found == [.unknown, .attention, .bad, .bad, .attention])
        #expect(HeatMap.worst(spans, on: map.days[2])?.words == "driver, files")
    }
}
