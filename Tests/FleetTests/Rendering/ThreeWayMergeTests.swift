import TestSupport
import Testing

@testable import Fleet

@Suite struct ThreeWayMergeTests {
    private func merge(_ base: String, _ mine: String, _ theirs: String) -> String? {
        ThreeWayMerge.merge(base: Array(base.utf8), mine: Array(mine.utf8), theirs: Array(theirs.utf8))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("far apart", "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n"),
        ("added after what goes", "a\nvfio\n", "a\n", "a\nvfio\nx\n", "a\nx\n"),
        ("added before what goes", "a\nvfio\n", "a\n", "a\nx\nvfio\n", "a\nx\n"),
        ("added inside what goes", "a\nb\nc\n", "a\n", "a\nb\nx\nc\n", nil),
        ("gone on both sides", "a\nb\nc\n", "a\nc\n", "a\n", "a\n"),
        ("the same on both sides", "a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n"),
        ("one line, two ways", "a\nb\n", "a\nB\n", "a\nbb\n", nil),
        ("gone here, changed there", "a\nb\nc\n", "a\nc\n", "a\nbb\nc\n", nil),
        ("two additions at one place", "a\n", "a\nx\n", "a\ny\n", nil),
        ("neighbours", "a\nb\n", "A\nb\n", "a\nB\n", "A\nB\n"),
        ("no newline at the end any more", "a\nvfio\n", "a", "a\nvfio\nx\n", "a\nx\n"),
        ("no newline at the end at all", "a\nb", "a", "x\na\nb", "x\na"),
        ("nor after what is added", "a\nvfio\n", "a", "a\nvfio\nx", "a\nx"),
        ("all gone", "vfio\n", "", "vfio\nx\n", "x\n"),
        ("carriage returns are part of lines", "a\r\nb\r\n", "a\r\n", "x\r\na\r\nb\r\n", "x\r\na\r\n"),
    ])
    func joins(name: String, base: String, mine: String, theirs: String, merged: String?) {
        #expect(merge(base, mine, theirs) == merged)
        #expect(merge(base, theirs, mine) == merged, "it does not matter who is who")
    }

    private static func name(_ line: ArraySlice<UInt8>) -> String? {
        let text = String(decoding: line, as: UTF8.self)
        return text.contains("=") ? String(text.prefix { $0 != "=" }) : nil
    }

    /// Kernel arguments on the same line, each of them somebody's own.
    @Test(arguments: [
        ("added after what goes", "X=\"quiet a b\"", "X=\"quiet\"", "X=\"quiet a b mine=1\"", "X=\"quiet mine=1\""),
        ("added before what goes", "X=\"quiet a\"", "X=\"quiet\"", "X=\"quiet mine a\"", "X=\"quiet mine\""),
        ("taken out beside it", "X='quiet splash a'", "X='quiet splash'", "X='quiet a'", "X='quiet'"),
        ("all of it goes", "X=\"a\"", "X=\"\"", "X=\"a b\"", "X=\" b\""),
        ("other quotes", "X=\"q a\"", "X=\"q\"", "X='q a b'", "X='q b'"),
        ("no quotes", "root=x ro a", "root=x ro", "root=x ro a b", "root=x ro b"),
        ("another value of what goes", "X=\"q a=1\"", "X=\"q\"", "X=\"q a=2\"", nil),
        ("added inside what goes", "X=\"q a b\"", "X=\"q\"", "X=\"q a c b\"", nil),
        ("the next line too", "X=\"q a\"\nY=1", "X=\"q\"\nY=1", "X=\"q a b\"\nY=2", "X=\"q b\"\nY=2"),
        ("a line put in after it", "X=\"q a\"", "X=\"q\"", "X=\"q a b\"\n# why", "X=\"q b\"\n# why"),
        ("gone there", "X=\"q a\"\n", "X=\"q\"\n", "", nil),
        ("another setting there", "X=\"q a\"", "X=\"q\"", "Y=\"q a\"", nil),
        ("a line of words that are not told apart", "q a", "q", "q a b", nil),
    ])
    func joinsWords(name: String, base: String, mine: String, theirs: String, merged: String?) {
        let setting = name == "no quotes" ? { _ in "line" } : Self.name
        func merge(_ mine: String, _ theirs: String) -> String? {
            ThreeWayMerge.merge(
                base: Array(base.utf8), mine: Array(mine.utf8), theirs: Array(theirs.utf8), setting: setting
            ).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(merge(mine, theirs) == merged)
        #expect(merge(theirs, mine) == merged, "it does not matter who is who")
    }

    /// Words are added and taken out by both, on lines that both may have.
    @Test func wordsThatOnlyOneSideChangedAreDone() {
        for seed in UInt64(0)..<2000 {
            var numbers = SeededNumbers(seed: seed)
            func line() -> [UInt8] {
                let words = (0..<Int.random(in: 0...5, using: &numbers)).map { _ in
                    ["a", "b", "c"].randomElement(using: &numbers) ?? ""
                }
                return Array("X=\"\(words.joined(separator: " "))\"\n".utf8)
            }
            let (base, mine, theirs) = (line(), line(), line())
            func merge(_ mine: [UInt8], _ theirs: [UInt8]) -> [UInt8]? {
                ThreeWayMerge.merge(base: base, mine: mine, theirs: theirs, setting: Self.name)
            }
            #expect(merge(mine, base) == mine && merge(base, theirs) == theirs, "seed \(seed)")
            #expect(merge(mine, theirs) == merge(theirs, mine), "seed \(seed)")
            #expect(merge(mine, mine) == mine, "seed \(seed)")
        }
    }

    private static func lines(_ numbers: inout SeededNumbers) -> [UInt8] {
        let count = Int.random(in: 0...8, using: &numbers)
        let text = (0..<count).map { _ in "abc".randomElement(using: &numbers).map { "\($0)\n" } ?? "" }.joined()
        return Array(text.utf8.dropLast(Int.random(in: 0..<4, using: &numbers) == 0 ? 1 : 0))
    }

    /// For any three files, lines repeated and newlines missing.
    @Test func whatOnlyOneSideDidIsDone() {
        for seed in UInt64(0)..<2000 {
            var numbers = SeededNumbers(seed: seed)
            let (base, mine, theirs) = (Self.lines(&numbers), Self.lines(&numbers), Self.lines(&numbers))
            #expect(ThreeWayMerge.merge(base: base, mine: mine, theirs: base) == mine, "seed \(seed)")
            #expect(ThreeWayMerge.merge(base: base, mine: base, theirs: theirs) == theirs, "seed \(seed)")
            #expect(ThreeWayMerge.merge(base: base, mine: mine, theirs: mine) == mine, "seed \(seed)")
            let one = ThreeWayMerge.merge(base: base, mine: mine, theirs: theirs)
            let other = ThreeWayMerge.merge(base: base, mine: theirs, theirs: mine)
            #expect(one == other, "seed \(seed)")
        }
    }

    /// Each line is left, taken out, replaced or given a line before it, by one side or by none.
    @Test func changesOfDifferentLinesAreBothDone() {
        for seed in UInt64(0)..<1000 {
            var numbers = SeededNumbers(seed: seed)
            var (base, mine, theirs, both) = ("", "", "", "")
            for line in 0..<Int.random(in: 1...12, using: &numbers) {
                let old = "\(line)\n"
                let new = ["", "\(line) changed\n", "\(line) before\n\(line)\n"].randomElement(using: &numbers) ?? old
                let who = Int.random(in: 0..<3, using: &numbers)
                base += old
                mine += who == 1 ? new : old
                theirs += who == 2 ? new : old
                both += who == 0 ? old : new
            }
            #expect(merge(base, mine, theirs) == both, "seed \(seed)")
        }
    }
}
