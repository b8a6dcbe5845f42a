/// Names written short: `pve[01-08,10]`. Zero padding is kept, both ways.
public enum NameSet {
    /// More names than this in one expression are refused.
    public static let maximumNames = 65_536

    /// The names a comma-separated list of words with ranges stands for, in the order written.
    ///
    /// In brackets stand words (`[a,b]`), numbers, and ranges of numbers or single letters (`[01-08]`, `[a-c]`).
    /// A first bound with a leading zero pads all numbers of its range to its own width.
    /// - Throws: `name-set-syntax` with the column in `text`.
    public static func expand(_ text: some StringProtocol) throws(FleetError) -> [String] {
        var parser = NameSetParser(text)
        return try parser.parse()
    }

    /// The shortest such text for a set of names, in natural order: `expand(fold(names))` is the sorted set.
    public static func fold(_ names: some Sequence<NodeName>) -> String {
        let names = Set(names).sorted().map(\.description)
        let frames = names.map(NumberFrame.all)
        var sizes: [NumberFrame: Int] = [:]
        for frame in frames.joined() { sizes[frame.frame, default: 0] += 1 }

        var order: [NumberFrame] = []
        var numbers: [NumberFrame: [String]] = [:]
        for (name, candidates) in zip(names, frames) {
            let best = candidates.max { sizes[$0.frame, default: 0] < sizes[$1.frame, default: 0] }
            let (frame, number) = best ?? (NumberFrame(prefix: name, suffix: nil), "")
            if numbers[frame] == nil { order.append(frame) }
            numbers[frame, default: []].append(number)
        }
        return order.map { $0.text(numbers[$0] ?? []) }.joined(separator: ",")
    }
}

/// A name around one of its numbers: `pve` and `.example` around the `01` of `pve01.example`.
private struct NumberFrame: Hashable {
    var prefix: String
    /// Nil = there is no number; the prefix is the whole name.
    var suffix: String?

    /// Every way to see the name as a number in a frame, from the last number to the first.
    static func all(_ name: String) -> [(frame: NumberFrame, number: String)] {
        var found: [(NumberFrame, String)] = []
        var rest = name[...]
        while let start = rest.firstIndex(where: \.isDigit) {
            let end = rest[start...].firstIndex { !$0.isDigit } ?? name.endIndex
            // Longer ones would not fit a machine word; such names just are not folded.
            if name[start..<end].utf8.count <= 18 {
                let frame = NumberFrame(prefix: String(name[..<start]), suffix: String(name[end...]))
                found.append((frame, String(name[start..<end])))
            }
            rest = name[end...]
        }
        return found.reversed()
    }

    func text(_ numbers: [String]) -> String {
        let suffix = suffix ?? ""
        guard numbers.count > 1 else { return prefix + (numbers.first ?? "") + suffix }
        return "\(prefix)[\(Self.ranges(numbers).joined(separator: ","))]\(suffix)"
    }

    /// `["01", "02", "03", "7"]` → `["01-03", "7"]`.
    private static func ranges(_ numbers: [String]) -> [String] {
        let paddedWidths = Set(numbers.filter(\.isZeroPadded).map(\.utf8.count))
        let byWidth = Dictionary(grouping: numbers) { paddedWidths.contains($0.utf8.count) ? $0.utf8.count : 0 }
        return byWidth.values.flatMap(runs).sorted { ($0.first, $0.text) < ($1.first, $1.text) }.map(\.text)
    }

    /// The runs of successive numbers among numbers of one padding.
    private static func runs(_ numbers: [String]) -> [(first: Int, text: String)] {
        let sorted = numbers.map { (value: Int($0) ?? 0, text: $0) }.sorted { $0.value < $1.value }
        var runs: [(first: (value: Int, text: String), last: (value: Int, text: String))] = []
        for number in sorted {
            if let run = runs.last, run.last.value + 1 == number.value {
                runs[runs.count - 1].last = number
            } else {
                runs.append((number, number))
            }
        }
        return runs.map { run in
            let isSingle = run.first.value == run.last.value
            return (run.first.value, isSingle ? run.first.text : "\(run.first.text)-\(run.last.text)")
        }
    }
}

extension Character {
    var isDigit: Bool { ("0"..."9").contains(self) }
}

extension String {
    var isZeroPadded: Bool { utf8.count > 1 && hasPrefix("0") }
}
