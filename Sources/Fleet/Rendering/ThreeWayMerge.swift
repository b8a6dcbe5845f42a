/// Joins what two people did to the lines of the same file.
enum ThreeWayMerge {
    /// `base` with both the changes that make it `mine` and those that make it `theirs`; nil where they contradict each
    /// other.
    /// - Parameter setting: the name of what a line sets, where its words are told apart, such as kernel arguments; nil for
    ///   a line that changes as a whole.
    static func merge(
        base: [UInt8], mine: [UInt8], theirs: [UInt8], setting: (Part) -> String? = { _ in nil }
    ) -> [UInt8]? {
        let base = Text(base)
        let sides = [Text(mine), Text(theirs)]
        let changes = sides.map { side in
            Self.changes(from: base.lines, to: side.lines).flatMap { $0.split(base.lines, setting) }
        }
        let joined = join(base.lines, changes[0], changes[1]) { mine, theirs in
            joinWords(base.lines, mine, theirs, setting)
        }
        return joined.map { lines in
            Text(lines: lines, isEnded: Text.isEnded(lines.last, base, sides)).bytes
        }
    }

    /// A line, or a word of a line.
    typealias Part = ArraySlice<UInt8>

    /// Lines without their newlines; whether the last one has one is told apart, so that a line is the same wherever it
    /// stands.
    private struct Text {
        var lines: [Part]
        var isEnded: Bool

        init(lines: [Part], isEnded: Bool) {
            self.lines = lines
            self.isEnded = isEnded
        }

        init(_ bytes: [UInt8]) {
            self.init(lines: bytes.lineRanges.map { bytes[$0] }, isEnded: bytes.last == Byte.newline)
        }

        var bytes: [UInt8] {
            Array(lines.joined(separator: [Byte.newline])) + (isEnded && !lines.isEmpty ? [Byte.newline] : [])
        }

        /// As on the side that the last line comes from; of two such, as on the one that changed it.
        static func isEnded(_ last: Part?, _ base: Text, _ sides: [Text]) -> Bool {
            let origins = sides.filter { $0.lines.last == last }
            let ends = (origins.isEmpty ? sides.filter { !$0.lines.isEmpty } : origins).map(\.isEnded)
            return ends.first { $0 != base.isEnded } ?? ends.first ?? base.isEnded
        }
    }

    /// Some lines of the base are replaced by others; none are replaced where lines are only put in.
    private struct Change: Equatable {
        var range: Range<Int>
        var lines: [Part] = []

        /// They are about the same lines, or both put lines in at the same place. Leaving out the same lines, or doing the
        /// very same, is no contradiction.
        func contradicts(_ other: Change) -> Bool {
            if self == other || lines.isEmpty && other.lines.isEmpty { return false }
            if range.lowerBound == other.range.lowerBound, !lines.isEmpty, !other.lines.isEmpty { return true }
            return range.lowerBound < other.range.upperBound && other.range.lowerBound < range.upperBound
        }

        /// Lines that set something else now than in the base are changes of their own.
        func split(_ base: [Part], _ setting: (Part) -> String?) -> [Change] {
            for old in range {
                guard let name = setting(base[old]), let new = lines.firstIndex(where: { setting($0) == name })
                else { continue }
                let first = Change(range: range.lowerBound..<old, lines: Array(lines[..<new]))
                let rest = Change(range: (old + 1)..<range.upperBound, lines: Array(lines[(new + 1)...]))
                return (first.isNothing ? [] : [first]) + [Change(range: old..<(old + 1), lines: [lines[new]])]
                    + (rest.isNothing ? [] : rest.split(base, setting))
            }
            return [self]
        }

        private var isNothing: Bool { range.isEmpty && lines.isEmpty }
    }

    private static func changes(from old: [Part], to new: [Part]) -> [Change] {
        var changes: [Change] = []
        var (line, isOpen) = (0, false)
        for edit in LineDifference.edits(from: old, to: new) {
            if edit.kind == .keep {
                (line, isOpen) = (line + 1, false)
                continue
            }
            if !isOpen { changes.append(Change(range: line..<line)) }
            isOpen = true
            if edit.kind == .delete {
                line += 1
                changes[changes.count - 1].range = changes[changes.count - 1].range.lowerBound..<line
            } else {
                changes[changes.count - 1].lines.append(edit.line)
            }
        }
        return changes
    }

    /// - Parameter settle: makes one change of two that contradict each other; nil = it can't be.
    private static func join(
        _ base: [Part], _ mine: [Change], _ theirs: [Change], settle: (Change, Change) -> Change?
    ) -> [Part]? {
        var (mine, theirs) = (mine, theirs)
        for my in mine.indices {
            for their in theirs.indices where mine[my].contradicts(theirs[their]) {
                guard let settled = settle(mine[my], theirs[their]) else { return nil }
                (mine[my], theirs[their]) = (settled, settled)
            }
        }
        return apply(mine + theirs.filter { !mine.contains($0) }, to: base)
    }

    /// Both set the same otherwise than the base: their words are joined as lines are.
    private static func joinWords(
        _ base: [Part], _ mine: Change, _ theirs: Change, _ setting: (Part) -> String?
    ) -> Change? {
        guard mine.range == theirs.range, mine.range.count == 1, let old = mine.range.first.map({ base[$0] }),
            mine.lines.count == 1, theirs.lines.count == 1, let my = mine.lines.first, let their = theirs.lines.first,
            let name = setting(old), setting(my) == name, setting(their) == name
        else { return nil }
        let words = Words(old)
        let changes = [my, their].map { Self.changes(from: words.parts, to: Words($0).parts) }
        return join(words.parts, changes[0], changes[1]) { _, _ in nil }
            .map { Change(range: mine.range, lines: [Array($0.joined())[...]]) }
    }

    /// A line in pieces that give the line again: words with the blanks before them, and quotes, which are about no word.
    private struct Words {
        private(set) var parts: [Part] = []

        init(_ line: Part) {
            var start = line.startIndex
            for index in line.indices.dropFirst() where Self.begins(line[index], after: line[index - 1]) {
                parts.append(line[start..<index])
                start = index
            }
            if start < line.endIndex { parts.append(line[start...]) }
        }

        private static func begins(_ byte: UInt8, after last: UInt8) -> Bool {
            isQuote(byte) || isQuote(last) || Byte.isBlank(byte) && !Byte.isBlank(last)
        }

        private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
    }

    private static func apply(_ changes: [Change], to lines: [Part]) -> [Part] {
        let removed = Set(changes.flatMap(\.range))
        var joined: [Part] = []
        for place in 0...lines.count {
            for change in changes where change.range.lowerBound == place { joined += change.lines }
            if place < lines.count, !removed.contains(place) { joined.append(lines[place]) }
        }
        return joined
    }
}
