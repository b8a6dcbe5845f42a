import Fleet

/// The connection to one node, opened when it is needed and again after it was lost. One caller at a time.
actor NodeSession {
    let node: Node
    private let opener: any NodeOpener
    private var operations: (any NodeOperations)?

    init(_ node: Node, _ opener: any NodeOpener) {
        self.node = node
        self.opener = opener
    }

    func use<Value: Sendable>(
        _ body: @Sendable (any NodeOperations) async throws(NodeFailure) -> Value
    ) async throws(NodeFailure) -> Value {
        let current: any NodeOperations
        if let operations { current = operations } else { current = try await opener.open(node) }
        operations = current
        do throws(NodeFailure) { return try await body(current) } catch {
            if case .remote = error { await drop() }
            throw error
        }
    }

    /// Ends the connection; the next use opens another one.
    func drop() async {
        let old = operations
        operations = nil
        await old?.close()
    }
}
