/// Prometheus' text exposition format 0.0.4, read strictly: what `promtool check metrics` finds fault with, and more.
/// By https://prometheus.io/docs/instrumenting/exposition_formats/ and https://prometheus.io/docs/practices/naming/.
public struct Exposition {
    private struct Sample {
        var name: String
        var labels: [(name: String, value: String)]
        var value: Double
    }

    private struct Family {
        var name: String
        var type: String
        var samples: [Sample] = []
    }

    /// Sentences; empty where nothing is wrong.
    public private(set) var flaws: [String] = []
    private var families: [Family] = []

    public init(_ text: String) {
        if !text.hasSuffix("\n") { flaws.append("the last line has no end") }
        var help: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if let found = line.wholeMatch(of: /# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)/) {
                help = String(found.1)
            } else if let found = line.wholeMatch(
                of: /# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary)/)
            {
                begin(String(found.1), String(found.2), help: help)
                help = nil
            } else {
                read(String(line))
            }
        }
        for family in families { check(family) }
    }

    private mutating func begin(_ name: String, _ type: String, help: String?) {
        if help != name { flaws.append("\(name) has no HELP right before its TYPE") }
        if families.contains(where: { $0.name == name }) { flaws.append("\(name) is not in one piece") }
        families.append(Family(name: name, type: type))
    }

    private mutating func read(_ line: String) {
        guard let found = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/),
            let value = Double(found.3 == "+Inf" ? "inf" : String(found.3)),
            let labels = Self.labels(String(found.2 ?? ""))
        else { return flaws.append("this is no sample: \(line)") }
        let name = String(found.1)
        guard let family = families.last, Self.suffixes(of: family.type).contains(where: { family.name + $0 == name })
        else {
            return flaws.append("\(name) stands under no TYPE of its own")
        }
        families[families.count - 1].samples.append(Sample(name: name, labels: labels, value: value))
    }

    private static func suffixes(of type: String) -> [String] {
        switch type {
        case "histogram": ["_bucket", "_sum", "_count"]
        case "summary": ["", "_sum", "_count"]
        default: [""]
        }
    }

    /// Nil = they are not written as labels are.
    private static func labels(_ text: String) -> [(name: String, value: String)]? {
        var labels: [(name: String, value: String)] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let found = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/) else {
                return nil
            }
            labels.append((String(found.1), String(found.2)))
            rest = rest[found.range.upperBound...]
        }
        return labels
    }

    // MARK: - What is wrong with a family

    private static let wrongUnits = [
        "milliseconds", "ms", "microseconds", "nanoseconds", "minutes", "hours", "days", "kilobytes", "megabytes", "kb",
        "mb",
        "bits", "percent",
    ]
    private static let units = ["seconds", "bytes", "ratio"]

    private mutating func check(_ family: Family) {
        let words = family.name.split(separator: "_").map(String.init)
        if (family.type == "counter") != (words.last == "total") {
            flaws.append("\(family.name) is a \(family.type): counters end with _total, and nothing else does")
        }
        if ["sum", "count", "bucket", "info"].contains(words.last), family.type != "counter" {
            flaws.append("\(family.name) ends as a part of a histogram does")
        }
        if words.contains(where: Self.wrongUnits.contains) { flaws.append("\(family.name) is not in a base unit") }
        let stem = words.last == "total" ? words.dropLast() : words[...]
        if stem.dropLast().contains(where: Self.units.contains) {
            flaws.append("the unit is not the end of \(family.name)")
        }
        if family.samples.isEmpty { flaws.append("\(family.name) has no samples") }
        checkSeries(family)
        if family.type == "counter", family.samples.contains(where: { $0.value < 0 }) {
            flaws.append("\(family.name) is negative")
        }
        if family.type == "histogram" { checkBuckets(family) }
    }

    private mutating func checkSeries(_ family: Family) {
        var seen: Set<String> = []
        for sample in family.samples {
            let names = sample.labels.map(\.name)
            if Set(names).count < names.count { flaws.append("\(sample.name) has a label twice: \(names)") }
            if names.contains(where: { $0.hasPrefix("__") || $0.contains(where: \.isUppercase) }) {
                flaws.append("\(sample.name) has labels that are not named so: \(names)")
            }
            let series = sample.name + sample.labels.map { "\($0.name)=\($0.value)" }.sorted().description
            if !seen.insert(series).inserted { flaws.append("\(series) is there twice") }
        }
    }

    private mutating func checkBuckets(_ family: Family) {
        let series = Dictionary(grouping: family.samples) { sample in
            sample.labels.filter { $0.name != "le" }.map { "\($0.name)=\($0.value)" }.description
        }
        for (labels, samples) in series {
            let place = "\(family.name) \(labels)"
            let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
            let bounds = buckets.compactMap { bucket in bucket.labels.first { $0.name == "le" }?.value }
                .compactMap { Double($0 == "+Inf" ? "inf" : $0) }
            if bounds.count != buckets.count || bounds.last != .infinity {
                flaws.append("\(place) has not every bound")
            }
            if bounds.count < 4 { flaws.append("\(place) has too few bounds to tell anything") }
            if zip(bounds, bounds.dropFirst()).contains(where: >=) { flaws.append("bounds of \(place) do not rise") }
            let counts = buckets.map(\.value)
            if zip(counts, counts.dropFirst()).contains(where: >) { flaws.append("buckets of \(place) do not add up") }
            if samples.first(where: { $0.name.hasSuffix("_count") })?.value != counts.last {
                flaws.append("\(place) counts other than its last bucket")
            }
            if !samples.contains(where: { $0.name.hasSuffix("_sum") }) { flaws.append("\(place) has no sum") }
        }
    }
}
