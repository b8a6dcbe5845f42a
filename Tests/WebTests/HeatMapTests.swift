import Fleet
import Forms
import Foundation
import Store
import Testing

@testable import Web

@Suite struct HeatMapTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)  // 2023-11-14T22:13:20Z
    private let node: NodeName
    private let map: HeatMap

    init() throws {
        node = try #require(NodeName("n1"))
        map = HeatMap(days: 5, until: now)
    }

    private func span(_ rule: CheckID, _ status: CheckResult.Status, from: Int, to: Int?) -> RuleSpan {
        RuleSpan(
            subject: RuleSubject(node: node, rule: .check(rule)), playbook: "p", status: status, message: "m",
            from: now.adding(seconds: -from * 86_400), to: to.map { now.adding(seconds: -$0 * 86_400) })
    }

    private func row(_ spans: [RuleSpan], _ looks: [Bool?]) -> HeatMap.Row {
        let days = zip(map.days, looks).compactMap { day, look in look.map { (day, $0) } }
        return HeatMap.Row(node: node, spans: spans, looks: LookDays(Dictionary(uniqueKeysWithValues: days)))
    }

    @Test func theWorstOfADayCounts() {
        #expect(map.days.map(HeatMap.name).first == "2023-11-10" && map.days.map(HeatMap.name).last == "2023-11-14")
        let spans = [
            span(.files, .fail, from: 3, to: nil), span(.driver, .fail, from: 2, to: 1),
            span(.group, .unknown, from: 4, to: 3),
        ]
        let all = row(spans, [true, true, true, true, true])
        #expect(
            map.days.map { HeatMap.state(all, on: $0) } == [
                .trouble(.unknown, "group"), .trouble(.attention, "files"), .trouble(.bad, "driver, files"),
                .trouble(.bad, "driver, files"), .trouble(.attention, "files"),
            ])
    }

    @Test func nothingIsSaidOfDaysWithoutALook() {
        let good = row([], [nil, true, nil, false, nil])
        #expect(
            map.days.map { HeatMap.state(good, on: $0) } == [
                .notLookedAt, .held, .notLookedAt, .trouble(.unknown, "observed"), .notLookedAt,
            ])
        let broken = row([span(.driver, .fail, from: 4, to: nil)], [true, nil, nil, nil, nil])
        #expect(
            map.days.map { HeatMap.state(broken, on: $0) } == [.trouble(.bad, "driver")]
                + [HeatMap.Day](repeating: .notLookedAt, count: 4))
        let cells = map.table([good]).text
        #expect(cells.components(separatedBy: "not looked at").count == 4)
        #expect(cells.contains(">·<") && cells.contains(">✓<"), "they differ without colours")
    }
}
