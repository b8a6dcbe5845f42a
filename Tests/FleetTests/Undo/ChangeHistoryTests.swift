import TestSupport
import Testing

@testable import Fleet

@Suite struct ChangeHistoryTests {
    private static func history(_ steps: [(Int, Int)]) throws -> ChangeHistory<Int> {
        var history = ChangeHistory<Int>()
        let rollout = try #require(RolloutID("r"))
        for (before, after) in steps { history.append(rollout, before: before, after: after) }
        return history
    }

    @Test(
        arguments: [
            ("nothing", [], 0, 0),
            ("one", [(0, 1)], 1, 0),
            ("two", [(0, 1), (1, 2)], 2, 0),
            ("taken back by an undo", [(0, 1), (1, 0)], 0, 0),
            ("changed by hand after the undo", [(0, 1), (1, 0)], 5, 5),
            ("applied again after that", [(0, 1), (1, 0), (5, 6)], 6, 5),
            ("taken back by hand", [(0, 1)], 0, 0),
            ("to what an earlier one left", [(0, 1), (1, 2)], 1, 0),
            ("killed before it took effect", [(0, 1), (1, 2)], 1, 0),
            ("an undo that was killed", [(0, 1), (1, 0), (1, 2)], 2, 0),
            ("somebody else's since", [(0, 1)], 5, 5),
            ("somebody else's in between", [(0, 1), (5, 6)], 6, 5),
            ("round to the beginning", [(0, 1), (1, 2), (2, 0)], 0, 0),
        ] as [(String, [(Int, Int)], Int, Int)])
    func origins(name: String, steps: [(Int, Int)], present: Int, origin: Int) throws {
        #expect(try Self.history(steps).origin(of: present) == origin)
    }

    /// Whatever is rolled out and undone, and wherever it is killed: as long as nobody else acts, there is a way back.
    @Test func alwaysBackToTheBeginning() throws {
        let rollout = try #require(RolloutID("r"))
        for seed in UInt64(0)..<4000 {
            var numbers = SeededNumbers(seed: seed)
            var history = ChangeHistory<Int>()
            var present = 0
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                let isUndo = Int.random(in: 0..<3, using: &numbers) == 0
                let next = isUndo ? history.origin(of: present) : Int.random(in: 0..<5, using: &numbers)
                guard next != present else { continue }
                history.append(rollout, before: present, after: next)
                if Int.random(in: 0..<4, using: &numbers) > 0 { present = next }
            }
            #expect(history.origin(of: present) == 0, "seed \(seed): \(history.steps) now \(present)")
        }
    }
}
