/// The difference of two files as `diff -u` and git write it, with three lines of context.
///
/// The text holds the files' own bytes (invalid UTF-8 replaced): what shows it on a terminal must make it printable.
public enum UnifiedDiff {
    private static let context = 3

    /// Empty when nothing differs. `before` nil = the file is created, `after` nil = it is deleted.
    public static func render(path: String, before: [UInt8]?, after: [UInt8]?) -> String {
        guard before != after else { return "" }
        let name = path.hasPrefix("/") ? String(path.dropFirst()) : path
        let old = before == nil ? "/dev/null" : "a/\(name)"
        let new = after == nil ? "/dev/null" : "b/\(name)"
        var output = "--- \(old)\n+++ \(new)\n"
        let edits = LineDifference.edits(from: (before ?? []).wholeLines, to: (after ?? []).wholeLines)
        for hunk in hunks(edits) { output += render(hunk) }
        return output
    }

    /// With the mode that a file gets, as git writes it, and its owner.
    public static func render(_ change: FileChange) -> String {
        let owner = change.owner.map { "new owner \($0)\n" } ?? ""
        let diff = owner + render(path: change.path, before: change.before, after: change.after)
        guard let mode = change.mode else { return diff }
        let bits = String(mode, radix: 8)
        return (change.before == nil ? "new file mode 100\(bits)\n" : "new mode 100\(bits)\n") + diff
    }

    private struct Hunk {
        var oldStart: Int
        var newStart: Int
        var edits: ArraySlice<LineDifference.Edit>
    }

    private static func hunks(_ edits: [LineDifference.Edit]) -> [Hunk] {
        var result: [Hunk] = []
        let changes = edits.indices.filter { edits[$0].kind != .keep }
        var index = 0
        while index < changes.count {
            var last = index
            while last + 1 < changes.count, changes[last + 1] - changes[last] <= 2 * context + 1 { last += 1 }
            let range = max(0, changes[index] - context)...min(edits.count - 1, changes[last] + context)
            let before = edits[..<range.lowerBound]
            result.append(
                Hunk(
                    oldStart: before.count { $0.kind != .insert }, newStart: before.count { $0.kind != .delete },
                    edits: edits[range]))
            index = last + 1
        }
        return result
    }

    private static func render(_ hunk: Hunk) -> String {
        let old = hunk.edits.count { $0.kind != .insert }
        let new = hunk.edits.count { $0.kind != .delete }
        let header = "@@ -\(span(hunk.oldStart, old)) +\(span(hunk.newStart, new)) @@\n"
        return hunk.edits.reduce(into: header) { $0 += render($1) }
    }

    /// `start,count`; the count is left out when it is 1, and an empty span names the line before it.
    private static func span(_ start: Int, _ count: Int) -> String {
        let first = count == 0 ? start : start + 1
        return count == 1 ? "\(first)" : "\(first),\(count)"
    }

    private static func render(_ edit: LineDifference.Edit) -> String {
        let text = edit.kind.rawValue + String(decoding: edit.line, as: UTF8.self)
        return edit.line.last == Byte.newline ? text : text + "\n\\ No newline at end of file\n"
    }
}

/// The shortest way from one list of lines to another.
enum LineDifference {
    struct Edit: Hashable, Sendable {
        enum Kind: String, Hashable, Sendable {
            case keep = " "
            case delete = "-"
            case insert = "+"
        }

        var kind: Kind
        var line: ArraySlice<UInt8>
    }

    /// Beyond this many pairs of differing lines the middle is shown as replaced, instead of compared.
    private static let pairLimit = 1_000_000

    static func edits(from old: [ArraySlice<UInt8>], to new: [ArraySlice<UInt8>]) -> [Edit] {
        let head = zip(old, new).prefix { $0.elementsEqual($1) }.count
        let tailLimit = min(old.count, new.count) - head
        let tail = zip(old.reversed(), new.reversed()).prefix(tailLimit).prefix { $0.elementsEqual($1) }.count
        let middle = compare(Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
        return old[..<head].map { Edit(kind: .keep, line: $0) } + middle
            + old[(old.count - tail)...].map { Edit(kind: .keep, line: $0) }
    }

    private static func compare(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [Edit] {
        guard !old.isEmpty, !new.isEmpty, old.count * new.count <= pairLimit else {
            return old.map { Edit(kind: .delete, line: $0) } + new.map { Edit(kind: .insert, line: $0) }
        }
        return walk(old, new, commonLengths(old, new))
    }

    /// The length of the longest common subsequence of each pair of suffixes.
    private static func commonLengths(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>]) -> [[Int]] {
        var table = Array(repeating: Array(repeating: 0, count: new.count + 1), count: old.count + 1)
        for i in old.indices.reversed() {
            for j in new.indices.reversed() {
                table[i][j] =
                    old[i].elementsEqual(new[j]) ? table[i + 1][j + 1] + 1 : max(table[i + 1][j], table[i][j + 1])
            }
        }
        return table
    }

    private static func walk(_ old: [ArraySlice<UInt8>], _ new: [ArraySlice<UInt8>], _ table: [[Int]]) -> [Edit] {
        var edits: [Edit] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, j < new.count, old[i].elementsEqual(new[j]) {
                edits.append(Edit(kind: .keep, line: old[i]))
                (i, j) = (i + 1, j + 1)
            } else if i < old.count, j == new.count || table[i + 1][j] >= table[i][j + 1] {
                edits.append(Edit(kind: .delete, line: old[i]))
                i += 1
            } else {
                edits.append(Edit(kind: .insert, line: new[j]))
                j += 1
            }
        }
        return edits
    }
}
