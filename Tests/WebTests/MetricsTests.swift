import CoreMetrics
import Fleet
import Store
import TestSupport
import Testing

@testable import Web

@Suite struct MetricsTests {
    @Test func whatIsCountedIsWrittenForPrometheus() {
        let registry = MetricsRegistry()
        let counter = registry.makeCounter(label: "a_total", dimensions: [("route", "x\"y\n\\")])
        counter.increment(by: 2)
        counter.increment(by: 3)
        registry.makeRecorder(label: "b", dimensions: [], aggregate: false).record(0.25)
        var text = MetricsText()
        registry.write(to: &text)
        #expect(
            text.text == """
                # HELP a_total Counted by this process since its start.
                # TYPE a_total counter
                a_total{route="x\\"y\\n\\\\"} 5
                # HELP b Counted by this process since its start.
                # TYPE b gauge
                b 0.25

                """)
        #expect(Exposition(text.text).flaws.isEmpty)
    }

    @Test func durationsAreHistograms() {
        let registry = MetricsRegistry()
        let timer = registry.makeTimer(label: "c_seconds", dimensions: [("route", "/")])
        for milliseconds in [5, 6, 500, 60_000] as [Int64] { timer.recordNanoseconds(milliseconds * 1_000_000) }
        var text = MetricsText()
        registry.write(to: &text)
        let lines = text.text.split(separator: "\n").dropFirst(2).map { $0.replacing("c_seconds", with: "") }
        #expect(
            lines == [
                #"_bucket{route="/",le="0.005"} 1"#, #"_bucket{route="/",le="0.01"} 2"#,
                #"_bucket{route="/",le="0.025"} 2"#, #"_bucket{route="/",le="0.05"} 2"#,
                #"_bucket{route="/",le="0.1"} 2"#, #"_bucket{route="/",le="0.25"} 2"#,
                #"_bucket{route="/",le="0.5"} 3"#, #"_bucket{route="/",le="1"} 3"#,
                #"_bucket{route="/",le="2.5"} 3"#, #"_bucket{route="/",le="5"} 3"#,
                #"_bucket{route="/",le="10"} 3"#, #"_bucket{route="/",le="+Inf"} 4"#, #"_sum{route="/"} 60.511"#,
                #"_count{route="/"} 4"#,
            ])
        #expect(Exposition(text.text).flaws.isEmpty)
    }

    /// The strict reader finds fault with what it should.
    @Test(arguments: [
        ("a 1\n", "no TYPE"), ("# TYPE a gauge\na 1\n", "no HELP"),
        ("# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n", "no sample"), ("# HELP a x\n# TYPE a gauge\na one\n", "no sample"),
        ("# HELP a x\n# TYPE a counter\na 1\n", "_total"),
        ("# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "_total"),
        ("# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n", "base unit"),
        ("# HELP a_bytes_used x\n# TYPE a_bytes_used gauge\na_bytes_used 1\n", "unit is not the end"),
        ("# HELP a x\n# TYPE a gauge\na 1\na 2\n", "there twice"),
        (
            "# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n# HELP a x\n# TYPE a gauge\na{c=\"\"} 1\n",
            "one piece"
        ),
        (
            "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
            "add up"
        ),
        ("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "every bound"),
    ]) func faultsAreFound(_ text: String, _ flaw: String) {
        #expect(Exposition(text).flaws.contains { $0.contains(flaw) }, "\(Exposition(text).flaws)")
    }
}
