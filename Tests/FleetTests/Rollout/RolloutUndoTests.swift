import Fleet
import Testing

/// An undo has guests give their devices up before the host changes. Where the host stays as it was, they get them back.
@Suite("Roll-out: guests of an undo that fails")
struct RolloutUndoTests {
    private static let resets = ["reset-guest-1", "reset-guest-2"]

    private func run(
        until step: String, guests: [UInt32] = [100, 101], confirm: Int? = 600, purpose: FleetPlan.Purpose = .undo
    ) throws -> RolloutFixture {
        var run = try RolloutFixture(
            [evacuating(change("a", guests: guests))],
            RolloutSettings(canaries: 0, confirmWithinSeconds: confirm), purpose: purpose)
        run.handle(.start)
        while run.waiting.first?.id.step != step { run.finishFirst() }
        return run
    }

    private func steps(_ run: RolloutFixture) -> [String] { run.ordered.map { String($0.dropFirst(2)) } }

    @Test(arguments: ["write", "rebuild-1", "prove-disk", "reboot", "await-return", "relock", "prove-boot", "confirm"])
    func aNodeThatPutsItselfBackGivesThemBack(step: String) throws {
        var run = try run(until: step)
        run.finishFirst(failure())
        run.runToEnd()
        let after = steps(run).drop { $0 != "await-revert" }
        #expect(Array(after.prefix(3)) == ["await-revert"] + Self.resets, "\(after)")
        #expect(after.contains("return-1"), "before the guests start again")
        #expect(run.rollout[name("a")]?.state.word == "reverted")
    }

    @Test(arguments: ["set-guest-2", "read-back"])
    func soDoesOneThatFailsBeforeItsHostIsChanged(step: String) throws {
        for confirm in [600, nil] {
            var run = try run(until: step, confirm: confirm)
            run.finishFirst(failure("guest-locked"))
            run.runToEnd()
            #expect(steps(run).filter { $0.hasPrefix("reset") } == Self.resets)
        }
    }

    /// Only those whose turn had come.
    @Test func whoWasNotAskedGetsNothingBack() throws {
        var run = try run(until: "set-guest-1")
        run.finishFirst(failure("guest-locked"))
        run.runToEnd()
        #expect(steps(run).filter { $0.hasPrefix("reset") } == ["reset-guest-1"])
        var early = try self.run(until: "evacuate-1")
        early.finishFirst(failure("guest-not-stopped"))
        early.runToEnd()
        #expect(!steps(early).contains { $0.hasPrefix("reset") })
    }

    @Test func oneWhoseDiskWasNotTouchedGivesThemBack() throws {
        var run = try run(until: "write")
        run.finishFirst(failure("node-disk-full"))
        run.finishFirst(failure("node-untouched"))
        run.runToEnd()
        #expect(steps(run).filter { $0.hasPrefix("reset") } == Self.resets)
        #expect(run.rollout[name("a")]?.state.word == "failed")
    }

    /// It may hold what went back by then.
    @Test func oneThatCanNotBePutBackDoesNot() throws {
        for (confirm, code) in [(600, "put-back-failed"), (nil, "")] as [(Int?, FleetError.Code)] {
            var run = try run(until: "rebuild-1", confirm: confirm)
            run.finishFirst(failure())
            if confirm != nil { run.finishFirst(failure(code)) }
            run.runToEnd()
            #expect(!steps(run).contains { $0.hasPrefix("reset") }, "\(code)")
        }
    }

    @Test func oneThatCanNotBeSetKeepsNothingElseFromComingBack() throws {
        var run = try run(until: "prove-boot")
        run.finishFirst(failure())
        while run.waiting.first?.id.step != "reset-guest-1" { run.finishFirst() }
        run.finishFirst(failure("guest-locked"))
        run.runToEnd()
        #expect(steps(run).suffix(6) == ["reset-guest-2", "return-1", "return-2", "return-3", "return-4", "unlock"])
        #expect(run.rollout[name("a")]?.state.word == "reverted")
        let message = run.rollout[name("a")]?.state.result?.problem?.error.message
        #expect(message?.hasPrefix("It failed. It failed. Not seen to have again") == true)
        #expect(message?.contains("took from it: VM 100 (as it was: guests/100.conf") == true, "101 has it")
    }

    /// Nobody was there to be asked: what they lack is said.
    @Test func oneThatIsNotReachedAnyMoreNamesThem() throws {
        var run = try run(until: "prove-boot")
        run.finishFirst(failure())
        while run.waiting.first?.id.step != "reset-guest-1" { run.finishFirst() }
        run.finishFirst(failure("ssh-silent", contactLost: true))
        run.finishFirst(failure("ssh-silent", contactLost: true))
        run.runToEnd()
        let message = run.rollout[name("a")]?.state.result?.problem?.error.message
        #expect(message?.contains("took from it: VM 100, VM 101 (") == true, "\(message ?? "")")
    }

    @Test func anotherDriverGoesOnWithIt() throws {
        var run = try run(until: "prove-boot")
        run.finishFirst(failure())
        while run.waiting.first?.id.step != "reset-guest-1" { run.finishFirst() }
        run.handle(.resume)
        #expect(run.waiting.map(\.id.step) == ["recover-reset-guest-1"])
        run.runToEnd()
        #expect(Array(steps(run).filter { $0.hasPrefix("reset") }) == ["reset-guest-1"] + Self.resets)
    }

    /// An apply sets its guests when the host has been proven.
    @Test func anApplyHasNothingToGiveBack() throws {
        var run = try run(until: "set-guest-2", purpose: .apply)
        run.finishFirst(failure("guest-locked"))
        run.runToEnd()
        #expect(!steps(run).contains { $0.hasPrefix("reset") })
    }
}
