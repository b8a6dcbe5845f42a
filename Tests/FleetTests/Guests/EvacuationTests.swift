import Testing

@testable import Fleet

/// What becomes of running guests, as the plan says it and as it is noted before the reboot.
@Suite struct EvacuationTests {
    private static func guest(
        _ number: UInt32, _ state: GuestFacts.State = .running, kind: GuestFacts.Kind = .qemu,
        _ configuration: String = "memory: 512\n"
    ) throws -> GuestFacts {
        GuestFacts(
            kind: kind, id: try Fixtures.vm(number), configuration: .known(configuration), state: .known(state),
            processArguments: .known(nil))
    }

    /// Guests of a node that has to reboot; VM 100 gets its card.
    private static func plan(
        _ evacuation: EvacuationSettings?, own: String = "", others: [GuestFacts] = []
    ) throws -> (plan: NodePlan, facts: NodeFacts, settings: NodeSettings) {
        var facts = try Fixtures.facts("intel-z390-rtx2070")
        let device = try guest(100, .running, Fixtures.freshGuest + own)
        facts.guests = .known([device] + others)
        var settings = try Fixtures.guide("01:00")
        settings.evacuation = evacuation
        return (Planner.plan(node: try Fixtures.node(), facts: facts, settings: settings), facts, settings)
    }

    private func stays(
        _ evacuation: EvacuationSettings, own: String = "", others: [GuestFacts] = []
    ) throws -> [GuestStay] {
        let (plan, facts, settings) = try Self.plan(evacuation, own: own, others: others)
        #expect(plan.reboot && plan.verdict == .change, "\(plan.reasons.map(\.message))")
        return try Evacuation.stays(facts, settings, changing: plan.guests)
    }

    private func codes(_ plan: NodePlan) -> [String] { plan.reasons.map(\.code.rawValue) }

    @Test func leftToTheRebootTheyAreOnlyNamed() throws {
        let others = [try Self.guest(101, kind: .lxc), try Self.guest(102, .running, "onboot: 1\n")]
        for evacuation in [nil, EvacuationSettings()] {
            let (plan, facts, settings) = try Self.plan(evacuation, others: others)
            #expect(plan.verdict == .change && plan.evacuation == nil)
            let warning = try #require(plan.reasons.first { $0.code == "guest-stays-down" })
            #expect(warning.message.hasPrefix("VM 100, CT 101: running,"))
            #expect(codes(plan).contains("guest-restart-needed"))
            #expect(try Evacuation.stays(facts, settings, changing: plan.guests).isEmpty)
            #expect(Evacuation.stillRunning(facts, settings, changing: plan.guests).isEmpty)
        }
    }

    @Test func shutDownAndForeseen() throws {
        let others = [try Self.guest(101, kind: .lxc), try Self.guest(103, .stopped)]
        let (plan, facts, settings) = try Self.plan(EvacuationSettings(usual: .shutdown), others: others)
        #expect(plan.evacuation?.map(\.vm.number) == [100, 101])
        #expect(codes(plan).contains("guest-shut-down"))
        #expect(!codes(plan).contains("guest-stays-down"))
        #expect(!codes(plan).contains("guest-restart-needed"), "it is stopped and started anyway")
        #expect(Evacuation.stillRunning(facts, settings, changing: plan.guests) == ["VM 100", "CT 101"])
    }

    @Test func theyAreNotedInStartOrder() throws {
        let stays = try stays(
            EvacuationSettings(
                usual: .shutdown, exceptions: [.init(vm: try Fixtures.vm(105), choice: .leave)], timeoutSeconds: 60,
                forceStop: true),
            others: [
                try Self.guest(101, .running, kind: .lxc, "startup: order=2,up=20,down=90\n"),
                try Self.guest(102, .running, "startup: 1\n"), try Self.guest(103, .stopped, "onboot: 1\n"),
                try Self.guest(104, .running, "startup: up=5\n"), try Self.guest(105),
            ])
        #expect(stays.map(\.vm.number) == [102, 101, 100, 104])
        #expect(stays.map(\.order) == [1, 2, nil, nil])
        #expect(stays.map(\.delaySeconds) == [0, 20, 0, 5])
        #expect(stays.map(\.shutdownSeconds) == [60, 90, 60, 60])
        #expect(stays.allSatisfy { $0.isForced && $0.ran && $0.heldOnboot == nil })
        #expect(stays.departures.map { $0.map(\.vm.number) } == [[100, 104], [101], [102]])
    }

    @Test func theStartOfAGuestThatGetsADeviceIsHeldOff() throws {
        let shutdown = EvacuationSettings(usual: .shutdown)
        #expect(try stays(shutdown, own: "onboot: yes\n").map(\.heldOnboot) == ["yes"])
        #expect(codes(try Self.plan(shutdown, own: "onboot: 1\n").plan).contains("guest-start-held-off"))
        #expect(try stays(shutdown, own: "onboot: 0\n").map(\.heldOnboot) == [nil])
        // What the playbook itself sets is not in anybody's way.
        let (plan, facts, planned) = try Self.plan(shutdown, own: "onboot: 1\n")
        var settings = planned
        settings.guests[0].options["onboot"] = "1"
        #expect(try Evacuation.stays(facts, settings, changing: plan.guests).map(\.heldOnboot) == [nil])
    }

    @Test func aStoppedGuestIsOnlyKeptFromStarting() throws {
        let (plan, running, settings) = try Self.plan(EvacuationSettings(usual: .shutdown))
        var facts = running
        facts.guests = .known([try Self.guest(100, .stopped, Fixtures.freshGuest + "onboot: 1\n")])
        let stays = try Evacuation.stays(facts, settings, changing: plan.guests)
        #expect(stays.map(\.ran) == [false] && stays.map(\.heldOnboot) == ["1"])
        #expect(stays.departures.map(\.count) == [1])
    }

    @Test func aGuestCanForbidTheReboot() throws {
        let refuse = EvacuationSettings(
            usual: .shutdown, exceptions: [.init(vm: try Fixtures.vm(101), choice: .refuse)])
        let (plan, facts, settings) = try Self.plan(refuse, others: [try Self.guest(101)])
        #expect(plan.verdict == .blocked && plan.evacuation == nil)
        #expect(plan.reasons.first?.code == "guest-forbids-reboot")
        #expect(throws: FleetError.self) { try Evacuation.stays(facts, settings, changing: []) }
        #expect(try Self.plan(refuse, others: [try Self.guest(101, .stopped)]).plan.verdict == .change)
    }

    @Test func whatCanNotBeToldOrDoneBlocks() throws {
        let shutdown = EvacuationSettings(usual: .shutdown)
        let locked = try Self.guest(101, .running, "lock: backup\n")
        #expect(try Self.plan(shutdown, others: [locked]).plan.reasons.first?.code == "guest-locked")
        #expect(try Self.plan(nil, others: [locked]).plan.verdict == .change)
        var unknown = try Self.guest(101)
        unknown.state = .unknown(Unknown(.unreadable, "No."))
        #expect(try Self.plan(shutdown, others: [unknown]).plan.reasons.first?.code == "facts-incomplete")
        #expect(try Self.plan(nil, others: [unknown]).plan.verdict == .change)
    }
}
