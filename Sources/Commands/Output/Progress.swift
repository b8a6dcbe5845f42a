internal import Fleet

/// What happens to many nodes at once: redrawn in place on a terminal, one plain line per event in a pipe.
///
/// All on standard error: results alone go to standard output.
actor Progress {
    private let terminal: Terminal
    private let emit: @Sendable (String) -> Void
    private let total: Int
    private var states: [NodeName: (text: String, style: Style)] = [:]
    private var finished: Set<NodeName> = []
    private var drawnLines = 0

    /// Nodes shown in place at once; the others count in the last line.
    private static let visibleRows = 12

    init(total: Int, terminal: Terminal, emit: @escaping @Sendable (String) -> Void) {
        self.total = total
        self.terminal = terminal
        self.emit = emit
    }

    /// `isLast`: nothing more will come of this node, so its line stays above the moving part.
    func update(_ node: NodeName, _ text: String, _ style: Style = .plain, isLast: Bool = false) {
        guard !terminal.isQuiet else { return }
        let text = text.printable
        let line = "\(node): \(terminal.styled(text, style))\n"
        guard terminal.isInteractive else { return emit(line) }
        erase()
        if isLast {
            finished.insert(node)
            states[node] = nil
            emit("\(node): \(terminal.styled(text.shortened(to: room(for: node)), style))\n")
        } else {
            states[node] = (text, style)
        }
        draw()
    }

    /// A line about the whole, not about a node.
    func say(_ text: String, _ style: Style = .plain) {
        guard !terminal.isQuiet else { return }
        erase()
        emit(terminal.styled(text.printable, style) + "\n")
        draw()
    }

    /// Leaves the terminal clean for what is printed next.
    func end() {
        erase()
        drawnLines = 0
    }

    private func erase() {
        guard terminal.isInteractive, drawnLines > 0 else { return }
        emit("\u{1B}[\(drawnLines)A\u{1B}[J")  // up to the first moving line, then clear to the end
        drawnLines = 0
    }

    private func draw() {
        guard terminal.isInteractive, !states.isEmpty else { return }
        let rows = states.sorted { $0.key < $1.key }
        for (node, state) in rows.prefix(Self.visibleRows) {
            emit("  \(node): \(terminal.styled(state.text.shortened(to: room(for: node)), state.style))\n")
        }
        emit(terminal.styled("  \(finished.count) of \(total) done, \(rows.count) at work", .dim) + "\n")
        drawnLines = min(rows.count, Self.visibleRows) + 1
    }

    // A line that wraps would make the count of drawn lines wrong.
    private func room(for node: NodeName) -> Int { max(10, (terminal.width ?? 80) - node.description.count - 5) }
}
