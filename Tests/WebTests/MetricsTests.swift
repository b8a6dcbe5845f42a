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
