import Fleet
import Testing

@Suite("Roll-out: guests around the reboot")
struct RolloutGuestTests {
    private static let whole = [
        "lock", "check", "arm", "note-guests", "evacuate-1", "evacuate-2", "write", "rebuild-1", "rebuild-2",
        "prove-disk",
        "reboot", "await-return", "relock", "prove-boot", "confirm", "set-guest-1", "read-back", "return-1", "return-2",
        "return-3", "return-4", "unlock",
    ]
    private static let returns = ["return-1", "return-2", "return-3", "return-4"]

    private func fixture(_ settings: RolloutSettings = .init()) throws -> RolloutFixture {
        var run = try RolloutFixture([evacuating(change("a"))], settings)
        run.handle(.start)
        return run
    }

    private func ordered(_ run: RolloutFixture) -> [String] { run.ordered.map { String($0.dropFirst(2)) } }

    @Test func guestsLeaveInReverseAndComeBackInOrder() throws {
        var run = try fixture()
        run.runToEnd()
        #expect(ordered(run) == Self.whole)
        #expect(run.rollout[name("a")]?.state == .ended(.verified))
        #expect(RolloutFixture.stays.departures.map { $0.map(\.vm.number) } == [[203, 100, 202], [201]])
    }

    @Test func withoutARebootNobodyIsTouched() throws {
        var run = try RolloutFixture([evacuating(change("a", commands: [.updateGrub], reboot: false))])
        run.handle(.start)
        run.runToEnd()
        #expect(!run.ordered.contains("a note-guests"))
    }

    /// Up to the reboot order each failure leads to the guests' return, and to no reboot.
    @Test(arguments: whole.dropFirst(4).prefix { $0 != "reboot" })
    func aFailureBringsThemBack(step: String) throws {
        var run = try fixture()
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        #expect(ordered(run).suffix(5) == Self.returns + ["unlock"])
        #expect(!run.ordered.contains("a reboot"))
        #expect(run.rollout[name("a")]?.state.result?.problem?.step == step)
        #expect(run.rollout[name("a")]?.stays?.allSatisfy(\.isBack) == true)
    }

    @Test(arguments: ["relock", "prove-boot", "confirm"])
    func aNodeThatPutsItselfBackGetsItsGuestsBack(step: String) throws {
        var run = try fixture()
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        #expect(ordered(run).suffix(6) == ["await-revert"] + Self.returns + ["unlock"])
        guard case .ended(.reverted) = run.rollout[name("a")]?.state else {
            Issue.record("it is \(String(describing: run.rollout[name("a")]?.state))")
            return
        }
    }

    @Test func oneGuestThatStaysDownKeepsNoOtherDown() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "return-2" { run.finishFirst() }
        run.finishFirst(failure("guest-not-started"))
        run.runToEnd()
        let node = try #require(run.rollout[name("a")])
        #expect(node.stays?.map(\.isBack) == [true, false, true, true])
        #expect(node.state.result?.problem?.step == "return-2")
        #expect(node.state.result?.problem?.error.message == "It failed. Not seen to run again: VM 100 (qm start 100).")
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
    }

    @Test func aLostNodeNamesItsGuests() throws {
        var run = try fixture(RolloutSettings(confirmWithinSeconds: nil))
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        run.finishFirst(failure("node-lost"))
        let problem = try #require(run.rollout[name("a")]?.state.result?.problem)
        #expect(
            problem.error.message
                == "It failed. Not seen to run again: VM 201, VM 100, CT 202 (qm start 201; qm start 100; pct start 202). "
                + "The start with the node may still be off: qm set 203 --onboot 1.")
    }

    @Test func aStopBeforeTheFirstChangeBringsThemBack() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "evacuate-2" { run.finishFirst() }
        run.handle(.abort)
        run.runToEnd()
        #expect(ordered(run).suffix(5) == Self.returns + ["unlock"])
        #expect(run.rollout[name("a")]?.state == .ended(.held))
    }

    /// What ran is in the event, so that what comes after it can be done by another driver.
    @Test func whatRanIsTakenFromTheEventOnly() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "note-guests" { run.finishFirst() }
        let id = run.waiting[0].id
        guard case .rejected = run.handle(.finished(id, .done)) else {
            Issue.record("it went on without knowing the guests")
            return
        }
        run.finishFirst(.noted([]))
        #expect(run.waiting.first?.id.step == "write")
    }
}
