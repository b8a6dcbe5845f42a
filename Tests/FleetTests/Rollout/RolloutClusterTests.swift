import Fleet
import Foundation
import Testing

@Suite("Roll-out: the cluster around the reboot")
struct RolloutClusterTests {
    private static let whole = [
        "lock", "check", "arm", "hold-cluster", "note-guests", "evacuate-1", "evacuate-2", "write", "rebuild-1",
        "rebuild-2", "prove-disk", "reboot", "await-return", "relock", "prove-boot", "confirm", "set-guest-1",
        "read-back",
    ]
    private static let wayOut = [
        "release-cluster", "await-home", "return-1", "return-2", "return-3", "return-4", "unlock",
    ]
    private static let hold = ClusterHold(
        host: "a", maintenance: .set, services: ["vm:300"], noout: [0, 1], upOSDs: [0, 1])

    private func fixture(_ settings: RolloutSettings = .init()) throws -> RolloutFixture {
        var run = try RolloutFixture([evacuating(change("a"))], settings)
        run.handle(.start)
        run.finishFirst()
        run.finishFirst(.foundCluster(Self.hold))
        return run
    }

    private func ordered(_ run: RolloutFixture) -> [String] { run.ordered.map { String($0.dropFirst(2)) } }
    private func node(_ run: RolloutFixture) throws -> NodeRun { try #require(run.rollout[name("a")]) }

    @Test func theClusterIsToldFirstAndBeforeTheGuestsReturn() throws {
        var run = try fixture()
        run.runToEnd()
        #expect(ordered(run) == Self.whole + Self.wayOut)
        let node = try node(run)
        #expect(node.state == .ended(.verified))
        #expect(node.hold?.isReleased == true && node.hold?.isHome == true && node.hold?.remains == nil)
    }

    @Test func whereNothingIsToBeSetTheStepsAreLeftOut() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        run.runToEnd()
        #expect(!run.ordered.contains { $0.hasSuffix("cluster") || $0.hasSuffix("await-home") })
    }

    @Test(arguments: whole.dropFirst(3).prefix { $0 != "reboot" })
    func aFailureBeforeTheRebootPutsItBack(step: String) throws {
        var run = try fixture()
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        #expect(!run.ordered.contains("a reboot"))
        #expect(ordered(run).contains("release-cluster") && ordered(run).last == "unlock")
        let node = try node(run)
        #expect(node.hold?.isReleased == true)
        #expect(node.state.result?.problem?.error.message == "It failed.")
    }

    /// Found and not set yet: there is nothing to put back.
    @Test func aFailureBeforeItIsSetTellsTheClusterNothing() throws {
        var run = try fixture()
        run.finishFirst(failure())
        run.runToEnd()
        #expect(ordered(run) == ["lock", "check", "arm", "unlock"])
        #expect(try node(run).state.result?.problem?.error.message == "It failed.")
    }

    @Test(arguments: ["relock", "prove-boot", "confirm"])
    func aNodeThatPutsItselfBackReleasesItToo(step: String) throws {
        var run = try fixture()
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        #expect(ordered(run).suffix(8) == ["await-revert"] + Self.wayOut)
        #expect(try node(run).hold?.isReleased == true)
    }

    @Test func whatCanNotBePutBackIsNamedAndTheGuestsReturn() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "release-cluster" { run.finishFirst() }
        run.finishFirst(failure("ha-maintenance-left-on"))
        run.runToEnd()
        #expect(ordered(run).suffix(5) == ["return-1", "return-2", "return-3", "return-4", "unlock"])
        let problem = try #require(try node(run).state.result?.problem)
        #expect(problem.step == "release-cluster")
        #expect(
            problem.error.message
                == "It failed. HA maintenance may still be on: ha-manager crm-command node-maintenance disable a. "
                + "noout may still be set: ceph osd unset-group noout osd.0 osd.1.")
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
    }

    @Test func aLostNodeNamesWhatIsSet() throws {
        var run = try fixture(RolloutSettings(confirmWithinSeconds: nil))
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        run.finishFirst(failure("node-lost"))
        let message = try #require(try node(run).state.result?.problem?.error.message)
        #expect(message.contains("node-maintenance disable a") && message.contains("unset-group noout osd.0 osd.1"))
        #expect(message.contains("Not seen back on a: vm:300"))
    }

    @Test func whoDoesNotComeHomeIsNamed() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "await-home" { run.finishFirst() }
        run.finishFirst(failure("ha-services-not-back"))
        run.runToEnd()
        let message = try #require(try node(run).state.result?.problem?.error.message)
        #expect(message == "It failed. Not seen back on a: vm:300 (ha-manager status).")
    }

    @Test func aStopBeforeTheFirstChangePutsItBack() throws {
        var run = try fixture()
        while run.waiting.first?.id.step != "note-guests" { run.finishFirst() }
        run.handle(.abort)
        run.runToEnd()
        #expect(ordered(run).contains("release-cluster"))
        #expect(try node(run).state == .ended(.held))
    }

    /// A lost node is taken up again: its maintenance is on by then, and still to be put back.
    @Test func anotherTryOwesWhatTheFirstHadSet() throws {
        var run = try RolloutFixture(
            [change("a"), change("b")],
            RolloutSettings(
                canaries: 0, batch: .count(1), pauseSeconds: 0, failureBudget: 1, confirmWithinSeconds: nil))
        run.handle(.start)
        run.finishFirst()
        run.finishFirst(.foundCluster(Self.hold))
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        run.finishFirst(failure("node-lost"))
        run.handle(.retry(name("a")))
        while run.waiting.first.map({ "\($0.id.node) \($0.id.step)" }) != "a check" { run.finishFirst() }
        run.finishFirst(.foundCluster(ClusterHold(host: "a", maintenance: .kept, noout: [2], upOSDs: [1, 2])))
        let hold = try #require(try node(run).hold)
        #expect(hold.maintenance == .set && hold.noout == [0, 1, 2] && hold.upOSDs == [0, 1, 2])
        #expect(hold.services == ["vm:300"])
        run.runToEnd()
        #expect(try node(run).state == .ended(.verified))
        #expect(try node(run).hold?.isReleased == true)
    }

    @Test func rowsFromBeforeKnowNoHold() throws {
        var run = try fixture()
        let nodes = try JSONEncoder().encode(run.rollout.nodes)
        #expect(try JSONDecoder().decode([NodeRun].self, from: nodes) == run.rollout.nodes)
        var rows = try #require(try JSONSerialization.jsonObject(with: nodes) as? [[String: Any]])
        let removed = rows[0].removeValue(forKey: "hold")
        #expect(removed != nil)
        let old = try JSONDecoder().decode([NodeRun].self, from: JSONSerialization.data(withJSONObject: rows))
        #expect(old[0].hold == nil)
        run.handle(.resume)
        run.runToEnd()
        #expect(try node(run).state == .ended(.verified))
    }
}
