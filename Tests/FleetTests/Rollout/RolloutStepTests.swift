import Fleet
import Testing

@Suite("Roll-out: the steps of a node")
struct RolloutStepTests {
    private static let full = [
        "lock", "check", "arm", "write", "rebuild-1", "rebuild-2", "prove-disk", "reboot", "await-return", "relock",
        "prove-boot", "confirm", "set-guest-1", "read-back", "unlock",
    ]
    /// A node that fails in these is already in its new boot.
    private static let onTrial = ["relock", "prove-boot", "confirm"]

    @Test(arguments: [
        (change("a"), full),
        (change("a", guests: []), full.filter { !["set-guest-1", "read-back"].contains($0) }),
        (
            change("a", commands: [.updateGrub], reboot: false),
            ["lock", "check", "write", "rebuild-1", "prove-disk", "set-guest-1", "read-back", "unlock"]
        ),
        (
            change("a", files: false, commands: [], reboot: false, guests: [100, 101]),
            ["lock", "check", "set-guest-1", "set-guest-2", "read-back", "unlock"]
        ),
        (
            change("a", files: false, commands: [], guests: []),
            [
                "lock", "check", "arm", "prove-disk", "reboot", "await-return", "relock", "prove-boot", "confirm",
                "unlock",
            ]
        ),
    ])
    func stepsFollowFromThePlan(plan: NodePlan, steps: [String]) throws {
        var run = try RolloutFixture([plan])
        run.handle(.start)
        run.runToEnd()
        #expect(run.ordered == steps.map { "a \($0)" })
        #expect(run.rollout[name("a")]?.state == .ended(.verified))
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test(arguments: [
        (
            change("a"),
            ["lock", "check", "arm", "set-guest-1", "read-back"] + full[3..<12] + ["unlock"]
        ),
        (change("a", guests: []), full.filter { !["set-guest-1", "read-back"].contains($0) }),
        (
            change("a", files: false, commands: [], reboot: false, guests: [100, 101]),
            ["lock", "check", "set-guest-1", "set-guest-2", "read-back", "unlock"]
        ),
    ])
    func anUndoFreesTheDevicesFirst(plan: NodePlan, steps: [String]) throws {
        var run = try RolloutFixture([plan], purpose: .undo)
        run.handle(.start)
        run.runToEnd()
        #expect(run.ordered == steps.map { "a \($0)" })
        #expect(run.rollout.phase == .ended(.completed))
    }

    @Test(arguments: full.filter { !(["await-return", "unlock"] + onTrial).contains($0) })
    func aFailureInAnyStepUnlocksAndStops(step: String) throws {
        var run = try RolloutFixture([change("a"), change("b")])
        run.handle(.start)
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure("some-failure"))
        #expect(run.waiting.map(\.id.step) == ["unlock"])
        run.runToEnd()
        let problem = try #require(run.rollout[name("a")]?.state.result?.problem)
        #expect(problem.step == step && problem.error.code == "some-failure" && !problem.leftLocked)
        #expect(run.rollout[name("b")]?.state == .ended(.held))
        #expect(run.rollout.phase == .ended(.stopped(.failure(of: name("a")))))
        #expect(!run.ordered.contains { $0.hasPrefix("b ") })
    }

    @Test func aNodeThatDoesNotReturnIsLostAndStopsTheRollout() throws {
        var run = try RolloutFixture([change("a"), change("b")], RolloutSettings(confirmWithinSeconds: nil))
        run.handle(.start)
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        let deadline = run.time.adding(seconds: 600)
        #expect(run.waiting.first?.action == .awaitReturn(from: RolloutFixture.boot(1), deadline: deadline))
        run.finishFirst(failure("node-lost", contactLost: true))
        #expect(run.rollout.isEnded)
        guard case .ended(.lost(let problem)) = run.rollout[name("a")]?.state else {
            Issue.record("it is not lost")
            return
        }
        #expect(problem.error.code == "node-lost" && problem.leftLocked)
        #expect(run.rollout[name("b")]?.state == .ended(.held))
    }

    @Test func theSameBootIsNoProofOfAReboot() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        let id = try #require(run.waiting.first?.id)
        guard case .rejected = run.handle(.finished(id, .seen(RolloutFixture.boot(1)))),
            case .rejected = run.handle(.finished(id, .done))
        else {
            Issue.record("it was believed")
            return
        }
        run.runToEnd()
        #expect(run.rollout[name("a")]?.bootAfter == RolloutFixture.boot(2))
    }

    @Test func aLockThatStaysIsSaid() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "unlock" { run.finishFirst() }
        run.finishFirst(failure("node-write-failed"))
        #expect(run.rollout[name("a")]?.state.result?.problem?.leftLocked == true)
    }

    @Test(arguments: full.filter { $0 != "await-return" })
    func aLostConnectionIsTriedAgainOnceAfterALook(step: String) throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure("ssh-connection-lost", contactLost: true))
        #expect(run.waiting.map(\.id.step) == [step == "unlock" ? "unlock" : "recover-\(step)"])
        if step != "unlock" { run.finishFirst(.seen(RolloutFixture.boot(1))) }
        #expect(run.waiting.first?.id.step == step)
        run.finishFirst(failure("ssh-connection-lost", contactLost: true))
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state.result?.problem?.step == step)
    }

    @Test func aRebootThatHappenedUnseenIsNotOrderedAgain() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "reboot" { run.finishFirst() }
        run.handle(.resume)
        #expect(run.waiting.map(\.id.step) == ["recover-reboot"])
        run.finishFirst(.seen(RolloutFixture.boot(9)))
        #expect(run.waiting.map(\.id.step) == ["prove-boot"])
        run.runToEnd()
        #expect(run.ordered.filter { $0 == "a reboot" }.count == 1)
        #expect(run.rollout[name("a")]?.bootAfter == RolloutFixture.boot(9))
    }

    /// The node's cluster and its guests may be others by now.
    @Test(arguments: [RolloutEvent.Kind.resume, nil])
    func aRebootThatWasPutOffIsPrecededByAnotherLook(resume: RolloutEvent.Kind?) throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "reboot" { run.finishFirst() }
        #expect(run.waiting.map(\.action) == [.reboot(from: RolloutFixture.boot(1))])
        if let resume { run.handle(resume) } else { run.finishFirst(failure("ssh-timed-out", contactLost: true)) }
        run.finishFirst(.seen(RolloutFixture.boot(1)))
        #expect(run.waiting.map(\.action) == [.rebootAgain(from: RolloutFixture.boot(1), nil)])
        run.finishFirst(failure("quorum-at-risk"))
        run.runToEnd()
        #expect(run.rollout[name("a")]?.state.result?.problem?.error.code == "quorum-at-risk")
    }

    @Test func aNodeThatIsGoneAfterARebootThatWasPerhapsOrderedIsLost() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        while run.waiting.first?.id.step != "reboot" { run.finishFirst() }
        run.handle(.resume)
        run.finishFirst(failure("ssh-connection-refused", contactLost: true))
        run.runToEnd()
        let problem = try #require(run.rollout[name("a")]?.state.result?.problem)
        #expect(problem.error.code == "node-lost" && problem.step == "recover-reboot")
        #expect(problem.error.advice?.hasPrefix("It is back") == true)
    }

    @Test func whatNobodyWaitsForIsRejected() throws {
        var run = try RolloutFixture([change("a")])
        guard case .rejected = run.handle(.tick), case .rejected = run.handle(.suspend) else {
            Issue.record("taken before the start")
            return
        }
        run.handle(.start)
        let lock = try #require(run.waiting.first)
        run.finishFirst()
        let stranger = EffectID(rollout: lock.id.rollout, node: name("z"), step: "lock", attempt: 1)
        for id in [lock.id, stranger] {
            guard case .rejected = run.handle(.finished(id, .done)) else {
                Issue.record("\(id) was taken")
                return
            }
        }
        guard case .rejected = run.handle(.start) else {
            Issue.record("started twice")
            return
        }
    }
}
