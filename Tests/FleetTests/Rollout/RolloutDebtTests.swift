import Fleet
import Testing

@Suite("Roll-out: what an earlier one owes")
struct RolloutDebtTests {
    private static let earlier = RolloutID("r0")
    private static let hold = ClusterHold(
        host: "a", maintenance: .set, services: ["vm:300"], noout: [0], upOSDs: [0])

    private func debt(_ stays: [GuestStay] = RolloutFixture.stays) throws -> NodeDebt {
        NodeDebt(node: name("a"), rollout: try #require(Self.earlier), stays: stays)
    }

    private func fixture(_ debt: NodeDebt, _ plan: NodePlan = change("a", guests: [])) throws -> RolloutFixture {
        var run = try RolloutFixture([plan], RolloutSettings(canaries: 0, confirmWithinSeconds: nil))
        run.handle(.owed([debt]))
        return run
    }

    private func ordered(_ run: RolloutFixture) -> [String] { run.ordered.map { String($0.dropFirst(2)) } }
    private func node(_ run: RolloutFixture) throws -> NodeRun { try #require(run.rollout[name("a")]) }

    @Test func itIsReviewedAfterTheLockAndGivenBackAtTheEnd() throws {
        var run = try fixture(try debt())
        run.handle(.start)
        run.runToEnd()
        let (steps, node) = (ordered(run), try node(run))
        #expect(steps.prefix(3) == ["lock", "review-debt", "check"])
        #expect(steps.suffix(5) == ["return-1", "return-2", "return-3", "return-4", "unlock"])
        #expect(node.state == .ended(.verified) && node.stays?.allSatisfy(\.isBack) == true)
        #expect(run.rollout.debt(of: node) == nil)
    }

    /// A plan that asks for nothing else.
    @Test func nothingElseIsDoneForIt() throws {
        let bare = NodePlan(node: name("a"), verdict: .unchanged).owing(try debt())
        #expect(bare.verdict == .change && bare.reasons.map(\.code) == ["debt-open"])
        var run = try fixture(try debt(), bare)
        run.handle(.start)
        run.runToEnd()
        #expect(
            ordered(run) == ["lock", "review-debt", "check", "return-1", "return-2", "return-3", "return-4", "unlock"])
    }

    @Test func whereNothingIsOwedThereIsNothingToReview() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        run.runToEnd()
        #expect(!ordered(run).contains("review-debt"))
    }

    /// Before a look has told what of it is so, nothing is given back, and all stays owed.
    @Test(arguments: ["lock", "review-debt"])
    func aFailureBeforeTheReviewLeavesItOwed(step: String) throws {
        let debt = try debt()
        var run = try fixture(debt)
        run.handle(.start)
        while run.waiting.first?.id.step != step { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        let node = try node(run)
        #expect(ordered(run).last == "unlock" && !ordered(run).contains("return-1"))
        #expect(run.rollout.debt(of: node) == debt)
        #expect(node.state.result?.problem?.error.message.contains("Not seen to run again: VM 201") == true)
    }

    @Test(arguments: [RolloutEvent.Kind.abort, .skip(name("a"))])
    func whatIsNotBegunStaysOwed(end: RolloutEvent.Kind) throws {
        let debt = try debt()
        var run = try fixture(debt)
        run.handle(end)
        if !run.rollout.isEnded { run.handle(.start) }
        let node = try node(run)
        #expect(run.rollout.isEnded && run.rollout.debt(of: node) == debt)
    }

    /// What it still owes by then is the next one's, as that of this one.
    @Test func whatIsNotGivenBackIsOwedOn() throws {
        var run = try fixture(try debt())
        run.handle(.start)
        while run.waiting.first?.id.step != "return-2" { run.finishFirst() }
        run.finishFirst(failure())
        run.runToEnd()
        let left = try #require(run.rollout.debt(of: try node(run)))
        #expect(left.rollout == run.rollout.id && left.stays.count == 1)
    }

    @Test func aFailureAfterTheReviewGivesItBack() throws {
        var run = try fixture(try debt())
        run.handle(.start)
        while run.waiting.first?.id.step != "check" { run.finishFirst() }
        run.finishFirst(failure("facts-changed-since-plan"))
        run.runToEnd()
        let node = try node(run)
        #expect(ordered(run).contains("return-4") && run.rollout.debt(of: node) == nil)
    }

    /// Its start was held off then; now it runs, and is to be shut down for this reboot too.
    @Test func whoRunsAgainIsCaredForAgain() throws {
        let held = GuestStay(kind: .qemu, vm: vm(100), ran: false, heldOnboot: "1")
        var run = try fixture(try debt([held]), evacuating(change("a", guests: [])))
        run.handle(.start)
        while run.waiting.first?.id.step != "note-guests" { run.finishFirst() }
        run.finishFirst(.noted([GuestStay(kind: .qemu, vm: vm(100), order: 3)]))
        let stay = try #require(try node(run).stays?.first)
        #expect(stay.ran && stay.heldOnboot == "1" && stay.order == 3)
        run.runToEnd()
        #expect(ordered(run).contains("evacuate-1"))
    }

    /// It is away already: nobody sends it there again.
    @Test func whoIsAwayDoesNotLeaveAgain() throws {
        var away = GuestStay(kind: .qemu, vm: vm(100), target: "m3")
        let (facts, places) = (Self.facts([]), [GuestPlace(vm: vm(100), host: "m3", runs: true)])
        away = try #require(try debt([away]).review(facts, places: places).stays.first)
        #expect([away].departures == [] && away.target == "m3")
    }

    @Test func itCanOnlyBeTakenOverBeforeTheStart() throws {
        var run = try RolloutFixture([change("a")])
        run.handle(.start)
        guard case .rejected = run.handle(.owed([try debt()])) else {
            Issue.record("a debt was taken over by a node under way")
            return
        }
    }

    // MARK: - What a look leaves of it

    static func facts(_ guests: [(VMID, GuestFacts.State, String)]) -> NodeFacts {
        var facts = NodeFacts()
        facts.hostName = .known("a.example.org")
        facts.guests = .known(
            guests.map {
                GuestFacts(
                    kind: .qemu, id: $0.0, configuration: .known($0.2), state: .known($0.1),
                    processArguments: .known(nil))
            })
        return facts
    }

    private func left(_ stay: GuestStay, _ facts: NodeFacts, _ places: [GuestPlace] = []) throws -> DebtReview {
        try debt([stay]).review(facts, places: places)
    }

    @Test func aGuestThatIsStillDownIsOwed() throws {
        let stay = GuestStay(kind: .qemu, vm: vm(100), heldOnboot: "1")
        let review = try left(stay, Self.facts([(vm(100), .stopped, "onboot: 0\n")]))
        #expect(review.notes.isEmpty && review.stays.map(\.ran) == [true] && review.stays.first?.heldOnboot == "1")
    }

    @Test func ofOneThatSomebodyStartedOnlyItsStartWithTheNodeIsOwed() throws {
        let stay = GuestStay(kind: .qemu, vm: vm(100), heldOnboot: "1")
        let review = try left(stay, Self.facts([(vm(100), .running, "onboot: 0\n")]))
        #expect(review.notes == ["VM 100 runs again already."])
        #expect(review.stays.map(\.ran) == [false] && review.stays.first?.heldOnboot == "1")
        #expect(try left(stay, Self.facts([(vm(100), .running, "onboot: 1\n")])).stays.isEmpty)
    }

    @Test func whatSomebodyChoseSinceStays() throws {
        let stay = GuestStay(kind: .qemu, vm: vm(100), ran: false, heldOnboot: "1")
        let review = try left(stay, Self.facts([(vm(100), .stopped, "memory: 512\n")]))
        #expect(review.stays.isEmpty)
        #expect(review.notes == ["onboot of VM 100 was set to nothing since: it stays."])
    }

    @Test func aGuestThatIsGoneIsOwedNoMore() throws {
        for (target, host, isOwed) in [
            ("m3", "m3", true), ("m3", "m2", false), ("m3", nil, false), (nil, "m2", false), (nil, nil, false),
            // The node does not tell of it yet.
            (nil, "a", true), ("m3", "a", true),
        ] {
            let stay = GuestStay(kind: .qemu, vm: vm(100), target: target)
            let review = try left(stay, Self.facts([]), [GuestPlace(vm: vm(100), host: host, runs: true)])
            #expect(review.stays.isEmpty != isOwed && review.notes.isEmpty == isOwed, "\(host ?? "nowhere")")
        }
        #expect(try left(GuestStay(kind: .qemu, vm: vm(100)), Self.facts([])).stays.count == 1, "nobody was asked")
    }

    /// What can't be seen is not known to be settled.
    @Test func unknownIsOwed() throws {
        var facts = NodeFacts()
        facts.guests = .notAsked
        #expect(try left(GuestStay(kind: .qemu, vm: vm(100)), facts).stays.count == 1)
    }

    /// A node that was lost, with what was set in its cluster for its reboot.
    private func lost() throws -> NodeDebt {
        var run = try RolloutFixture([change("a")], RolloutSettings(confirmWithinSeconds: nil))
        run.handle(.start)
        run.finishFirst()
        run.finishFirst(.foundCluster(Self.hold))
        while run.waiting.first?.id.step != "await-return" { run.finishFirst() }
        run.finishFirst(failure("node-lost"))
        return try #require(run.rollout.debt(of: try node(run)))
    }

    private func look(
        _ mode: String, services: [String] = [], noout: Bool, osds: [Int] = [0]
    ) -> ClusterLook {
        ClusterLook(
            host: "a", availability: HAStanding(mode: mode, activeServices: services),
            ceph: osds.isEmpty ? nil : CephStanding(osds: osds.map { .init(id: $0, hasNoout: noout) }))
    }

    @Test func whatIsStillSetInTheClusterIsOwed() throws {
        let hold = try #require(try lost().review(NodeFacts(), look: look("maintenance", noout: true)).hold)
        #expect(hold.maintenance == .set && hold.noout == [0] && hold.services == ["vm:300"] && hold.isOpen)
    }

    @Test func whatSomebodyHasPutBackInTheClusterIsNot() throws {
        let debt = try lost()
        let none = debt.review(NodeFacts(), look: look("active", services: ["vm:300"], noout: false))
        #expect(none.hold == nil)
        #expect(none.notes == ["HA maintenance is off already.", "noout is not set for osd.0 any more."])
        let flag = try #require(debt.review(NodeFacts(), look: look("active", noout: true)).hold)
        #expect(flag.maintenance == .none && flag.noout == [0] && flag.services.isEmpty)
        let mode = try #require(debt.review(NodeFacts(), look: look("maintenance", noout: false, osds: [])).hold)
        #expect(mode.maintenance == .set && mode.noout.isEmpty && mode.upOSDs.isEmpty)
    }

    @Test func aBlockedNodeIsOwedOn() throws {
        let plan = NodePlan(node: name("a"), verdict: .blocked).owing(try debt())
        #expect(plan.verdict == .blocked && plan.debt == nil && plan.reasons.map(\.code) == ["debt-open"])
        let seen = NodePlan(node: name("a"), verdict: .unchanged).owing(try debt(), isObserved: true)
        #expect(seen.verdict == .unchanged && seen.debt == nil)
    }
}
