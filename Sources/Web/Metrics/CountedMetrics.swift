/// What the metrics say that this process counts; those of the fleet are explained where they are read.
enum CountedMetrics {
    private static let help = [
        "vfiofleet_http_requests_total": "Requests that were answered since the start.",
        "vfiofleet_http_request_duration_seconds": "The time to the beginning of an answer.",
        "vfiofleet_rollout_events_total": "Events that roll-outs driven by this process wrote into their journals.",
        "vfiofleet_sweeps_total": "Rounds of looks at nodes since the start.",
        "vfiofleet_sweep_nodes_total": "Looks at nodes since the start, by whether they could be looked at.",
    ]

    static func help(for name: String) -> String { help[name] ?? "Counted by this process since its start." }
}

/// How long things took, by upper bounds in seconds: from what costs nothing to what a person does not wait for.
struct DurationBuckets: Sendable {
    static let bounds: [Double] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

    /// How many were at most as long as each bound, and longer than the one before; the last: longer than all.
    private var counts = [Int](repeating: 0, count: Self.bounds.count + 1)
    private(set) var sum = 0.0

    mutating func add(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }

    /// With the bounds as Prometheus has them: each counts all that are shorter, too.
    var cumulative: [(bound: String, count: Int)] {
        var total = 0
        return zip(Self.bounds.map { MetricsText.number($0) } + ["+Inf"], counts).map { bound, count in
            total += count
            return (bound, total)
        }
    }
}
