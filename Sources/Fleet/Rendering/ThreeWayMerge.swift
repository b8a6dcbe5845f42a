/// Joins what two people did to the lines of the same file.
enum ThreeWayMerge {
    /// `base` with both the changes that make it `mine` and those that make it `theirs`; nil where they contradict each
    /// other.
    static func merge(base: [UInt8], mine: [UInt8], theirs: [UInt8]) -> [UInt8]? {
        let base = Text(base)
        let sides = [Text(mine), Text(theirs)]
        let changes = sides.map { Self.changes(from: base.lines, to: $0.lines) }
        guard !changes[0].contains(where: { change in changes[1].contains { change.contradicts($0) } }) else {
            return nil
        }
        let lines = join(base.lines, changes[0] + changes[1].filter { !changes[0].contains($0) })
        return Text(lines: lines, isEnded: Text.isEnded(lines.last, base, sides)).bytes
    }

    /// Lines without their newlines; whether the last one has one is told apart, so that a line is the same wherever it
    /// stands.
    private struct Text {
        var lines: [ArraySlice<UInt8>]
        var isEnded: Bool

        init(lines: [ArraySlice<UInt8>], isEnded: Bool) {
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
        static func isEnded(_ last: ArraySlice<UInt8>?, _ base: Text, _ sides: [Text]) -> Bool {
            let origins = sides.filter { $0.lines.last == last }
            let ends = (origins.isEmpty ? sides.filter { !$0.lines.isEmpty } : origins).map(\.isEnded)
            return ends.first { $0 != base.isEnded } ?? ends.first ?? base.isEnded
        }
    }

    /// Some lines of the base are replaced by others; none are replaced where lines are only put in.
    private struct Change: Equatable {
        var range: Range<Int>
        var lines: [ArraySlice<UInt8>] = []

        /// They are about the same lines, or both put lines in at the same place. Leaving out the same lines, or doing the
        /// very same, is no contradiction.
        func contradicts(_ other: Change) -> Bool {
            if self == other || lines.isEmpty && other.lines.isEmpty { return false }
            if range.lowerBound == other.range.lowerBound, !lines.isEmpty, !other.lines.isEmpty { return true }
            return range.lowerBound < other.range.upperBound && other.range.lowerBound < range.upperBound
        }
    }

    private static func changes(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [Change] {
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

    private static func join(_ lines: [ArraySlice<UInt8>], _ changes: [Change]) -> [ArraySlice<UInt8>] {
        let removed = Set(changes.flatMap(\.range))
        var joined: [ArraySlice<UInt8>] = []
        for place in 0...lines.count {
            for change in changes where change.range.lowerBound == place { joined += change.lines }
            if place < lines.count, !removed.contains(place) { joined.append(lines[place]) }
        }
        return joined
    }
}
