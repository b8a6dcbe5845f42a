public import CoreMetrics
internal import Foundation
internal import Synchronization

/// Keeps what swift-metrics is told and writes it in Prometheus' text form: counters, gauges, and timers as histograms of
/// seconds.
public final class MetricsRegistry: MetricsFactory {
    /// The one that a program's metrics go to.
    public static let shared = MetricsRegistry()

    /// Has this program's metrics go to `shared`; once.
    public static func collect() { MetricsSystem.bootstrap(shared) }

    fileprivate struct Series: Hashable, Sendable {
        var name: String
        var labels: [Label]

        struct Label: Hashable, Sendable {
            var name: String
            var value: String
        }

        init(_ name: String, _ dimensions: [(String, String)]) {
            self.name = name
            labels = dimensions.map { Label(name: $0.0, value: $0.1) }
        }
    }

    fileprivate enum Value: Sendable {
        case counter(Double)
        case gauge(Double)
        case durations(DurationBuckets)
    }

    private let values = Mutex<[Series: Value]>([:])
    /// Labels are ours and few; a fault must not fill the memory all the same.
    private static let mostSeries = 10_000

    fileprivate func change(_ series: Series, _ body: (inout Value?) -> Void) {
        values.withLock { values in
            var value = values[series]
            if value == nil, values.count >= Self.mostSeries { return }
            body(&value)
            values[series] = value
        }
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Instrument(registry: self, series: Series(label, dimensions))
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Instrument(registry: self, series: Series(label, dimensions))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Instrument(registry: self, series: Series(label, dimensions))
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// Everything in Prometheus' text form, by name.
    func write(to text: inout MetricsText) {
        let all = values.withLock { $0 }
        for (name, series) in Dictionary(grouping: all, by: \.key.name).sorted(by: { $0.key < $1.key }) {
            for (key, value) in series.sorted(by: { $0.key.order < $1.key.order }) {
                let labels = key.labels.map { ($0.name, $0.value) }
                let help = CountedMetrics.help(for: name)
                switch value {
                case .counter(let number): text.add(name, .counter, number, labels, help: help)
                case .gauge(let number): text.add(name, .gauge, number, labels, help: help)
                case .durations(let buckets): text.add(name, buckets, labels, help: help)
                }
            }
        }
    }
}

extension MetricsRegistry.Series {
    fileprivate var order: String { labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",") }
}

/// One series, whatever it is used as.
private final class Instrument: CounterHandler, RecorderHandler, TimerHandler {
    let registry: MetricsRegistry
    let series: MetricsRegistry.Series

    init(registry: MetricsRegistry, series: MetricsRegistry.Series) {
        self.registry = registry
        self.series = series
    }

    func increment(by amount: Int64) {
        registry.change(series) { value in
            if case .counter(let now) = value {
                value = .counter(now + Double(amount))
            } else {
                value = .counter(Double(amount))
            }
        }
    }

    func reset() { registry.change(series) { $0 = .counter(0) } }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ number: Double) { registry.change(series) { $0 = .gauge(number) } }

    func recordNanoseconds(_ duration: Int64) {
        registry.change(series) { value in
            var buckets = if case .durations(let before) = value { before } else { DurationBuckets() }
            buckets.add(Double(duration) / 1e9)
            value = .durations(buckets)
        }
    }
}
