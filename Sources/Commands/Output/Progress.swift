internal import Fleet
internal import Forms
internal import Foundation
internal import Synchronization

/// What happens to many nodes at once: redrawn in place on a terminal, one plain line per event in a pipe.
///
/// All on standard error: results alone go to standard output.
actor Progress {
    private let terminal: Terminal
    private let isQuiet: Bool
    private let emit: @Sendable (String) -> Void
    private var total: Int
    /// Nodes under way from the beginning: the last few are named.
    private var awaited: Set<NodeName> = []
    private var states: [NodeName: (text: String, style: Style)] = [:]
    private var finished: Set<NodeName> = []
    /// What is said about the time left.
    private var outlook: String?
    private var drawnLines = 0
    private var isOver = false

    /// Nodes shown in place at once; the others count in the last line.
    private static let visibleRows = 12
    private static let namedNodes = 16

    private static let followed = Mutex<Progress?>(nil)
    /// For those who would write to the same terminal without knowing what is shown there: a line about the whole, soon.
    /// False when nothing is being shown.
    static func tell(_ text: String) -> Bool {
        guard let progress = followed.withLock({ $0 }) else { return false }
        Task { await progress.say(text, .dim, evenIfQuiet: true) }
        return true
    }

    /// The same, where it has to be said in any case.
    static func complain(_ text: String) {
        if !tell(text) { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
    }

    init(
        total: Int, terminal: Terminal, isQuiet: Bool, emit: @escaping @Sendable (String) -> Void
    ) {
        self.total = total
        self.terminal = terminal
        self.isQuiet = isQuiet
        self.emit = emit
    }

    /// All that will come of these nodes is still to come.
    func begin(_ nodes: [NodeName]) {
        (total, awaited) = (nodes.count, Set(nodes))
        show("")
    }

    /// Where a node stands now.
    func update(_ node: NodeName, _ text: String, _ style: Style = .plain) {
        guard !isQuiet else { return }
        states[node] = (text.printableLine, style)
        show(terminal.canRedraw ? "" : line(node, text.printableLine, style))
    }

    /// Nothing more will come of this node: its line, if any, stays above the moving part, whole.
    func finish(_ node: NodeName, _ text: String? = nil, _ style: Style = .plain, evenIfQuiet: Bool = false) {
        finished.insert(node)
        awaited.remove(node)
        states[node] = nil
        let isSaid = evenIfQuiet || !isQuiet
        show(isSaid ? text.map { line(node, $0.printable, style) } ?? "" : "")
    }

    /// What is said about the time left; nil = nothing.
    func expect(_ outlook: String?) {
        self.outlook = outlook
        show("")
    }

    /// A line about the whole, not about a node.
    func say(_ text: String, _ style: Style = .plain, evenIfQuiet: Bool = false) {
        guard evenIfQuiet || !isQuiet else { return }
        show(terminal.styled(text.printable, style) + "\n")
    }

    /// Leaves the terminal clean for what is printed next; later calls only add lines.
    func end() {
        isOver = true
        show("")
    }

    /// `lines`, between what is above and the moving part.
    private func show(_ lines: String) {
        let text = erasing() + lines + drawing()
        if !text.isEmpty { emit(text) }
    }

    private func line(_ node: NodeName, _ text: String, _ style: Style) -> String {
        "\(node): \(terminal.styled(text, style))\n"
    }

    private func erasing() -> String {
        defer { drawnLines = 0 }
        // The first column first: an echoed ^C has moved the cursor. Then up to the moving part, and clear to the end.
        return drawnLines > 0 ? "\r\u{1B}[\(drawnLines)A\u{1B}[J" : ""
    }

    private func drawing() -> String {
        guard terminal.canRedraw, !isOver, !isQuiet, finished.count < total, let size = terminal.size() else {
            return ""
        }
        // A line that wraps, or that scrolls out, could not be erased. The last column stays empty: some wrap at it.
        let width = size.columns - 1
        let rows = states.sorted { $0.key < $1.key }.prefix(min(Self.visibleRows, max(0, size.rows - 2)))
        drawnLines = rows.count + 1
        return rows.map { row($0.key, $0.value, width) + "\n" }.joined()
            + terminal.styled("  \(finished.count) of \(total) done\(rest)".shortened(to: width), .dim) + "\n"
    }

    private var rest: String {
        let outlook = outlook.map { ", \($0)" } ?? ""
        if !states.isEmpty { return ", \(states.count) at work\(outlook)" }
        if !outlook.isEmpty { return outlook }
        return (1...Self.namedNodes).contains(awaited.count) ? ", waiting for \(NameSet.fold(Array(awaited)))" : ""
    }

    private func row(_ node: NodeName, _ state: (text: String, style: Style), _ width: Int) -> String {
        let head = "  \(node): ".shortened(to: width)
        let text = state.text.shortened(to: width - head.displayWidth)
        return head + terminal.styled(text, state.style)
    }
}

extension Progress {
    /// Runs `body`, shows each of its events with `show`, and leaves the terminal clean.
    nonisolated func follow<Event: Sendable, Value: Sendable>(
        showing show: @escaping @Sendable (Event, Progress) async -> Void,
        _ body: (AsyncStream<Event>.Continuation) async throws -> Value
    ) async throws -> Value {
        let (events, post) = AsyncStream.makeStream(of: Event.self)
        return try await followed {
            let watcher = Task { for await event in events { await show(event, self) } }
            let result: Result<Value, any Error>
            do { result = .success(try await body(post)) } catch { result = .failure(error) }
            post.finish()
            await watcher.value
            return try result.get()
        }
    }

    /// The same for a body that shows what happens by itself.
    nonisolated func followed<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        Self.followed.withLock { $0 = self }
        defer { Self.followed.withLock { $0 = nil } }
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await end()
        return try result.get()
    }

    /// Runs `body`, which the first interrupt cancels: it gives back what it has until then, or fails.
    nonisolated func interruptible<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> (value: Value, wasInterrupted: Bool) {
        let task = Task { try await body() }
        let interrupts = Interrupts(farewell: "Left at once.") {
            task.cancel()
            Task { await self.say("Stopping; once more leaves at once.", .warning, evenIfQuiet: true) }
        }
        defer { interrupts.end() }
        do { return (try await task.value, interrupts.wasInterrupted) } catch {
            throw interrupts.wasInterrupted ? CancellationError() : error
        }
    }
}
