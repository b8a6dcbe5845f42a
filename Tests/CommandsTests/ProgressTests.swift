import Fleet
import Synchronization
import Testing

@testable import Commands
@testable import Forms

@Suite struct ProgressTests {
    /// What a person sees, and what a pipe got.
    private final class Sink: Sendable {
        let text = Mutex("")

        func screen(columns: Int) -> [String] {
            var screen = Screen(columns: columns)
            screen.write(text.withLock { $0 })
            return screen.text
        }
    }

    private static func progress(_ sink: Sink, columns: Int?, total: Int, quiet: Bool = false) -> Progress {
        var terminal = Terminal()
        if let columns {
            terminal = Terminal(usesColor: true, canRedraw: true) { .init(columns: columns, rows: 24) }
        }
        return Progress(total: total, terminal: terminal, isQuiet: quiet) { text in sink.text.withLock { $0 += text } }
    }

    private static func node(_ name: String) throws -> NodeName { try #require(NodeName(name)) }

    private static let long = "backing up and writing files, which takes more words than a narrow window has room for"

    @Test(arguments: [12, 20, 40, 80]) func movingLinesLeaveNothingBehind(columns: Int) async throws {
        let sink = Sink()
        let progress = Self.progress(sink, columns: columns, total: 3)
        let names = try ["pve1", "a-node-with-a-rather-long-name.example.org", "pve3"].map(Self.node)
        for round in 0..<3 {
            for name in names { await progress.update(name, "\(Self.long) \(round)") }
        }
        // The lines at work, and the last one; none of them wraps.
        let atWork = sink.screen(columns: columns)
        #expect(atWork.count == 4 && atWork.allSatisfy { $0.count < columns }, "\(atWork)")
        #expect("  0 of 3 done, 3 at work".hasPrefix(atWork[3].trimmed))

        sink.text.withLock { $0 += "^C" }
        await progress.say("stopping")
        await progress.finish(names[0], "good", .good)
        #expect(sink.screen(columns: columns).first == "stopping")
        #expect(sink.screen(columns: columns)[1].hasPrefix("pve1: good"))
        await progress.finish(names[1], "good", .good)
        await progress.finish(names[2], Self.long, .bad)
        await progress.end()
        let all = sink.screen(columns: columns).joined()
        #expect(all == "stoppingpve1: good\(names[1]): goodpve3: \(Self.long)", "failures are said whole")
    }

    /// What is logged meanwhile goes above the moving lines, which are drawn again below.
    @Test func aStrangersLineDestroysNothing() async throws {
        let sink = Sink()
        let progress = Self.progress(sink, columns: 40, total: 1, quiet: false)
        let name = try Self.node("pve1")
        #expect(!Progress.tell("nobody shows it"))
        let show: @Sendable (Int, Progress) async -> Void = { _, _ in }
        try await progress.follow(showing: show) { _ in
            await progress.update(name, "rebooting")
            #expect(Progress.tell("notice: taking over"))
            while !sink.text.withLock({ $0.contains("taking over") }) { try await Task.sleep(for: .milliseconds(5)) }
            #expect(
                sink.screen(columns: 40) == ["notice: taking over", "  pve1: rebooting", "  0 of 1 done, 1 at work"])
        }
        #expect(!Progress.tell("it is over"))
    }

    @Test func theLastNodesThatAreWaitedForAreNamed() async throws {
        let sink = Sink()
        let names = try (1...40).map { try Self.node("pve\($0)") }
        let terminal = Terminal(usesColor: false, canRedraw: true) { .init(columns: 80, rows: 24) }
        let progress = Progress(total: 0, terminal: terminal, isQuiet: false) { text in
            sink.text.withLock { $0 += text }
        }
        await progress.begin(names)
        await progress.finish(names[0])
        #expect(sink.screen(columns: 80) == ["  1 of 40 done"])
        for name in names[1..<37] { await progress.finish(name) }
        #expect(sink.screen(columns: 80) == ["  37 of 40 done, waiting for pve[38-40]"])
    }

    @Test func aPipeGetsAPlainLineForEachEvent() async throws {
        let sink = Sink()
        let progress = Self.progress(sink, columns: nil, total: 2)
        await progress.update(try Self.node("pve1"), "rebooting \u{1B}[2J")
        await progress.finish(try Self.node("pve1"), "verified", .good)
        await progress.end()
        #expect(sink.text.withLock { $0 } == "pve1: rebooting \\e[2J\npve1: verified\n")
    }

    @Test(arguments: [nil, 80]) func quietSaysFailuresAlone(columns: Int?) async throws {
        let sink = Sink()
        let progress = Self.progress(sink, columns: columns, total: 2, quiet: true)
        await progress.update(try Self.node("pve1"), "rebooting")
        await progress.finish(try Self.node("pve1"), "verified", .good)
        await progress.finish(try Self.node("pve2"), "unreachable", evenIfQuiet: true)
        await progress.end()
        #expect(sink.text.withLock { $0 } == "pve2: unreachable\n")
    }
}

extension String {
    fileprivate var trimmed: String { filter { $0 != "…" } }
}

/// As much of a terminal as the progress view uses: lines that wrap, carriage return, cursor up, clear to the end.
private struct Screen {
    let columns: Int
    private var rows: [[Character]] = [[]]
    private var row = 0
    private var column = 0

    init(columns: Int) { self.columns = columns }

    /// Without an empty last line.
    var text: [String] {
        let lines = rows.map { String($0) }
        return lines.last == "" ? lines.dropLast() : lines
    }

    mutating func write(_ text: String) {
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\u{1B}": control(&rest)
            case "\r": column = 0
            case "\n": lineFeed()
            default: put(Character(scalar))
            }
        }
    }

    private mutating func control(_ rest: inout ArraySlice<Unicode.Scalar>) {
        rest.removeFirst()  // [
        let digits = rest.prefix { $0.properties.numericType != nil }
        rest = rest.dropFirst(digits.count)
        switch rest.popFirst() {
        case "A": row = max(0, row - (Int(String(String.UnicodeScalarView(digits))) ?? 1))
        case "J":
            rows.removeSubrange((row + 1)...)
            rows[row] = Array(rows[row].prefix(column))
        default: break
        }
    }

    private mutating func lineFeed() {
        (row, column) = (row + 1, 0)
        if row == rows.count { rows.append([]) }
    }

    private mutating func put(_ character: Character) {
        if column == columns { lineFeed() }
        if column < rows[row].count { rows[row][column] = character } else { rows[row].append(character) }
        column += 1
    }
}
