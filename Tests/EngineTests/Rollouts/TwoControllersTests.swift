import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Two controllers on one node, whose real scripts decide which of them is obeyed.
@Suite("Two controllers")
struct TwoControllersTests {
    private let folder: TemporaryFolder
    private let node: ScriptedNode
    private let time = ScaledTime()

    init() async throws {
        folder = try TemporaryFolder()
        node = try await ScriptedNode()
    }

    private func open(_ name: String) throws -> Store { try Store.open(path: folder.path(of: name)) }

    /// Takes a roll-out over as soon as its lease has run out.
    private func takeOver(_ id: RolloutID, _ controller: ScriptedController) async throws(FleetError) -> Rollout {
        while true {
            do throws(FleetError) { return try await controller.drive(id) } catch {
                guard error.code == "lease-held" else { throw error }
            }
            try? await time.sleep(for: .seconds(5))
        }
    }

    /// Stopped past its lease, another one takes over; what the first was about to do when it goes on is refused by the
    /// node, and what it would write down by the store.
    @Test(arguments: ScriptedConnection.Order.allCases, [false, true])
    func theOneThatWasStoppedIsRefused(at order: ScriptedConnection.Order, whileTheOtherIsUnderWay: Bool) async throws {
        let suspension = Suspension(before: order)
        let (first, second) = (try open("fleet.db"), try open("fleet.db"))
        defer { for store in [first, second] { try? store.close() } }
        let id = try await ScriptedController.plan(node, "r1", in: first, at: time.now())
        let stopped = suspension.controller(of: node, time, first)
        let stoppedEnd = Task { await Self.code { () throws(FleetError) in _ = try await stopped.drive(id) } }
        await suspension.isStopped.wait()

        let successor = ScriptedController(node: node, time: time, store: second) {
            order, carryOut throws(NodeFailure) in
            // It has the node locked by then, unless there was nothing left to do but giving the lock back.
            if whileTheOtherIsUnderWay, order != .lock {
                suspension.goesOn.open()
                await suspension.outcome.wait()
            }
            try await carryOut()
        }
        let rollout = try await takeOver(id, successor)
        suspension.goesOn.open()
        #expect(await stoppedEnd.value == "lease-lost")
        // Giving a lock back that is not there is no order that could do harm.
        if order == .unlock {
            #expect(suspension.refusal == nil)
        } else {
            #expect(suspension.refusal == "fencing-token-outdated")
        }
        #expect(rollout.nodes[0].state.result == .verified)
        #expect(node.isWanted && !node.isLocked)
        #expect(node.machine.reboots == 1)
        let numbers = try await second.journal(of: id).map(\.fencing)
        #expect(numbers == numbers.sorted() && Set(numbers).count == 2, "\(numbers)")
        #expect(try await second.checkAudit().flaws == [])
    }

    /// Each with its own database: the lock of one roll-out keeps the other out, and the first is not disturbed.
    @Test func theLockKeepsTheOtherDatabaseOut() async throws {
        let suspension = Suspension(before: .write)
        let (first, second) = (try open("a.db"), try open("b.db"))
        defer { for store in [first, second] { try? store.close() } }
        let mine = try await ScriptedController.plan(node, "a1", in: first, at: time.now())
        let stopped = suspension.controller(of: node, time, first)
        let end = Task { try await stopped.drive(mine) }
        await suspension.isStopped.wait()
        let theirs = try await ScriptedController.plan(node, "b1", in: second, at: time.now())
        let other = try await ScriptedController(node: node, time: time, store: second).drive(theirs)
        let problem = try #require(other.nodes[0].state.result?.problem)
        #expect(problem.error.code == "node-locked" && problem.error.message.contains("a1"), "\(problem)")
        suspension.goesOn.open()
        #expect(try await end.value.nodes[0].state.result == .verified)
        #expect(node.machine.reboots == 1)
    }

    /// Somebody broke the lock of a controller that seemed dead. The one that came later has the node; when the other wakes
    /// up, the node refuses it, and its roll-out says so.
    @Test(arguments: [ScriptedConnection.Order.write, .run, .reboot])
    func whoComesLaterHasANodeWhoseLockWasBroken(at order: ScriptedConnection.Order) async throws {
        let suspension = Suspension(before: order)
        let (first, second) = (try open("a.db"), try open("b.db"))
        defer { for store in [first, second] { try? store.close() } }
        let mine = try await ScriptedController.plan(node, "a1", in: first, at: time.now())
        let stopped = suspension.controller(of: node, time, first)
        let end = Task { try await stopped.drive(mine) }
        await suspension.isStopped.wait()
        _ = try await node.machine.node.sh("rm /var/lib/vfiofleet/lock")
        let theirs = try await ScriptedController.plan(node, "b1", in: second, at: time.now())
        let other = try await ScriptedController(node: node, time: time, store: second).drive(theirs)
        #expect(other.nodes[0].state.result == .verified)
        suspension.goesOn.open()
        let ended = try await end.value
        #expect(suspension.refusal == "fencing-token-outdated")
        #expect(ended.nodes[0].state.result?.problem?.error.code == "fencing-token-outdated")
        #expect(node.isWanted && !node.isLocked && node.machine.reboots == 1)
    }

    /// Numbers come from clocks, so that those of two databases can be compared at all: the later one is obeyed.
    @Test func aClockThatIsBehindIsRefused() async throws {
        let (first, second) = (try open("a.db"), try open("b.db"))
        defer { for store in [first, second] { try? store.close() } }
        let mine = try await ScriptedController.plan(node, "a1", in: first, at: time.now())
        let theirs = try await ScriptedController.plan(node, "b1", in: second, at: time.now())
        let slow = SlowTime(time: time, secondsBehind: 86_400)
        _ = try await ScriptedController(node: node, time: time, store: first).drive(mine)
        let other = try await ScriptedController(node: node, time: slow, store: second).drive(theirs)
        #expect(other.nodes[0].state.result?.problem?.error.code == "fencing-token-outdated")
        #expect(node.machine.reboots == 1 && !node.isLocked)
    }

    private static func code(_ body: () async throws(FleetError) -> Void) async -> FleetError.Code? {
        do throws(FleetError) { try await body() } catch { return error.code }
        return nil
    }
}

private struct SlowTime: TimeSource {
    let time: ScaledTime
    let secondsBehind: Int

    func now() -> Timestamp { time.now().adding(seconds: -secondsBehind) }
    func sleep(for duration: Duration) async throws { try await time.sleep(for: duration) }
}
