import Documents
import Fleet
import TestSupport
import Testing

/// The planner beside an expert: on every described machine, for every wish, the same verdict for the same reasons.
@Suite struct JudgementTests {
    private static let judgements = Result { try Judgements.load() }
    private static let machines = Result { try MachineDocument.load(directory: MachineFolder.path) }

    private static var names: [String] { (try? machines.get())?.map(\.name) ?? [] }

    private func machine(_ name: String) throws -> MachineDescription {
        try #require(try Self.machines.get().first { $0.name == name })
    }

    @Test func everyMachineIsJudgedAndNothingElse() throws {
        let described = try Self.machines.get().map(\.name)
        let judged = try Self.judgements.get().machines.map(\.machine)
        #expect(described.count >= 36)
        #expect(Set(described) == Set(judged) && judged.count == described.count)
    }

    @Test func everyCodeOfTheExpertHasItsCounterpartOrAReason() throws {
        #expect(Set(try Self.judgements.get().codes.keys) == Set(JudgementTable.expert.keys))
    }

    @Test(arguments: names) func thePlannerJudgesAsTheExpertDoes(name: String) throws {
        let machine = try machine(name)
        let judgement = try Self.judgements.get().of(name)
        for wish in judgement.wanted {
            let planned = try PlannedWish(wish, on: machine)
            let found = differences(planned)
            let known = Set(
                JudgementDifference.all.filter { $0.machine == name && $0.wish == wish.name }.map(\.what))
            #expect(found == known, "\(name), \(wish.name): \(planned.reasons.map { "\($0.code): \($0.message)" })")
        }
        let wishes = Set(judgement.wanted.map(\.name))
        #expect(JudgementDifference.all.allSatisfy { $0.machine != name || wishes.contains($0.wish) })
    }

    private func differences(_ planned: PlannedWish) -> Set<JudgementDifference.What> {
        let wish = planned.wish
        var found: Set<JudgementDifference.What> = []
        if planned.verdict != wish.verdict { found.insert(.verdict(planned.verdict)) }
        let expected = Set(wish.codes.flatMap { JudgementTable.topics(of: $0) })
        let actual = Set(planned.reasons.flatMap { JudgementTable.topics(of: $0) })
        for topic in Topic.allCases where isCompared(topic, wish) {
            if expected.contains(topic), !actual.contains(topic) { found.insert(.less(topic)) }
            if actual.contains(topic), !expected.contains(topic), topic.isDecisive { found.insert(.more(topic)) }
        }
        if let closure = wish.closure, let facts = planned.outcomes.first?.facts {
            let members = DeviceClosure(of: wish.addresses, facts).members.map(\.function)
            let taken = members.filter { $0.group != nil }.map(\.address)
            if Set(taken) != Set(closure) { found.insert(.closure) }
        }
        return found
    }

    /// Other devices in the group decide only where nothing worse is in it, and how to bind only where anything is bound.
    private func isCompared(_ topic: Topic, _ wish: Judgement.Wish) -> Bool {
        switch topic {
        case .siblings, .byAddress, .atStart: wish.verdict != .blocked
        default: true
        }
    }

    /// Accepting siblings is a way out where the expert says so, and nowhere else.
    @Test(arguments: names) func acceptingEverythingHelpsOnlyWhereItMay(name: String) throws {
        let machine = try machine(name)
        for wish in try Self.judgements.get().of(name).wanted {
            for outcome in try PlannedWish(wish, on: machine).outcomes where outcome.verdict != .go {
                var settings = outcome.settings
                for position in settings.devices.indices {
                    settings.devices[position].acceptSiblings = machine.functions.map {
                        AcceptedSibling($0.address, id: $0.id)
                    }
                }
                let plan = Planner.plan(node: outcome.plan.node, facts: outcome.facts, settings: settings)
                let blockers = plan.reasons.filter { $0.severity == .blocker }.map(\.code.rawValue)
                #expect(
                    blockers.isEmpty == (outcome.verdict == .acceptSiblings), "\(name), \(wish.name): \(blockers)")
            }
        }
    }

    /// What the expert takes to be the host's is among what the facts of these tests give to the host.
    @Test(arguments: names) func theFactsLeaveTheHostWhatTheExpertLeavesIt(name: String) throws {
        let uses = MachineUses(try machine(name))
        for critical in try Self.judgements.get().of(name).critical {
            switch critical.use {
            case "network": #expect(uses.network.contains { $0.function == critical.function }, "\(critical)")
            case "storage": #expect(uses.storage.contains { $0.function == critical.function }, "\(critical)")
            default: break
            }
        }
    }

    /// Where the expert fears for a name made from a bus number, the plan watches it.
    @Test(arguments: names) func theHostsNamesAreWatched(name: String) throws {
        let machine = try machine(name)
        for wish in try Self.judgements.get().of(name).wanted {
            for outcome in try PlannedWish(wish, on: machine).outcomes {
                guard let forecast = outcome.plan.forecast else { continue }
                let needed = forecast.interfaces.filter { !$0.needs.isEmpty && !$0.isPinned }
                let isWeighed = forecast.risk.reasons.contains {
                    $0.code == .neededNameNotPinned || $0.code == .neededNameUncertain
                }
                #expect(needed.isEmpty != isWeighed, "\(name), \(wish.name)")
            }
        }
    }
}
