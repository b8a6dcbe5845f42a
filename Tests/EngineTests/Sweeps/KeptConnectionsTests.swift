import Engine
import Fleet
import Remote
import Synchronization
import Testing

@Suite struct KeptConnectionsTests {
    private let time = ScaledTime()

    private func node(_ name: String, port: UInt16 = 22) throws -> Node {
        Node(name: try #require(NodeName(name)), connection: .init(address: "192.0.2.1", port: port))
    }

    @Test func oneConnectionServesManyLooks() async throws {
        let line = Line(node: try await TestNode())
        let kept = KeptConnections(line, time: time)
        for _ in 0..<3 { _ = try await kept.observe(try node("a")) }
        #expect(line.log.opened == 1 && line.log.closed == 0 && kept.count == 1)
        await kept.close()
        #expect(line.log.closed == 1)
        _ = try await kept.observe(try node("a"))
        #expect(line.log.closed == 2 && kept.count == 0, "closed is closed")
    }

    /// A node that rebooted between two sweeps is no failure.
    @Test func aDeadConnectionIsReplacedWithinTheLook() async throws {
        let line = Line(node: try await TestNode())
        let kept = KeptConnections(line, time: time)
        _ = try await kept.observe(try node("a"))
        line.cut()
        _ = try await kept.observe(try node("a"))
        #expect(line.log.opened == 2 && line.log.closed == 1)
        line.cut(isForGood: true)
        let refused = await refusal { () throws(NodeFailure) in _ = try await kept.observe(try self.plain) }
        #expect(refused != nil && line.log.opened == line.log.closed && kept.count == 0)
    }

    private var plain: Node {
        get throws(NodeFailure) {
            do { return try node("a") } catch { throw .refused(FleetError("test", "\(error)"), nil) }
        }
    }

    @Test func theyAreBoundedInNumberAndTime() async throws {
        let line = Line(node: try await TestNode())
        let kept = KeptConnections(line, time: time) { KeptConnectionLimits(most: 2, idleSeconds: 3000) }
        for name in ["a", "b", "c"] { _ = try await kept.observe(try node(name)) }
        #expect(kept.count == 2 && line.log.closed == 1)
        // Where it is reached was changed.
        _ = try await kept.observe(try node("c", port: 2222))
        #expect(line.log.opened == 4 && kept.count == 2)
        // A second takes a millisecond.
        try await Task.sleep(for: .seconds(7))
        #expect(kept.count == 0 && line.log.opened == line.log.closed)
    }

    /// A configuration that was read anew counts from the next look on.
    @Test func theirBoundsMayChange() async throws {
        let line = Line(node: try await TestNode())
        let most = Mutex(3)
        let kept = KeptConnections(line, time: time) {
            KeptConnectionLimits(most: most.withLock(\.self), idleSeconds: 86_400)
        }
        for name in ["a", "b", "c"] { _ = try await kept.observe(try node(name)) }
        #expect(kept.count == 3 && line.log.closed == 0)
        most.withLock { $0 = 1 }
        _ = try await kept.observe(try node("d"))
        #expect(kept.count == 1 && line.log.closed == 3)
        most.withLock { $0 = 0 }
        _ = try await kept.observe(try node("d"))
        #expect(kept.count == 0 && line.log.opened == 4 && line.log.closed == 4)
    }
}

/// Connections to one node, which are counted and can be cut.
private final class Line: NodeOpener {
    struct Log {
        var opened = 0
        var closed = 0
        fileprivate var isUp = true
        fileprivate var generation = 0
    }

    private let node: TestNode
    private let state = Mutex(Log())

    init(node: TestNode) { self.node = node }

    var log: Log { state.withLock(\.self) }

    /// Connections so far are dead; `isForGood`: later ones, too.
    func cut(isForGood: Bool = false) {
        state.withLock {
            $0.generation += 1
            $0.isUp = !isForGood
        }
    }

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        let generation = state.withLock { log in
            log.opened += 1
            return log.generation
        }
        return RemoteNode(shell: Wire(line: self, generation: generation), controller: "test")
    }

    private struct Wire: RemoteShell {
        let line: Line
        let generation: Int

        func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
            let log = line.log
            guard log.isUp, log.generation == generation else {
                throw RemoteFailure(.connectionLost, node: .local, "It is cut.", advice: "Mend it.")
            }
            return try await LocalShell(node: line.node).run(command)
        }

        func close() async { line.state.withLock { $0.closed += 1 } }
    }
}
