import Fleet
import TestSupport
import Testing

@testable import Commands

/// Everything the planner says about one machine, for a person to read and for a test to compare: each judged wish with
/// what a guest would take and the plan as `plan --verbose` shows it, once for each way to read the description.
struct GoldenText {
    private(set) var text = ""

    init(_ machine: MachineDescription, _ judgement: Judgement) throws {
        head(machine)
        for wish in judgement.wanted { try add(wish, machine) }
    }

    private mutating func line(_ text: String = "") { self.text += text + "\n" }

    private mutating func head(_ machine: MachineDescription) {
        line("# \(machine.name)")
        line()
        for (key, value) in [("board", machine.board), ("CPU", machine.cpuModel), ("notes", machine.notes)] {
            if let value { line("\(key): \(value)") }
        }
        line("IOMMU: \(machine.iommu.rawValue)")
        let uses = MachineUses(machine)
        line("may carry the host's network: " + Self.list(uses.network.map { "\($0.function.short) (\($0.name))" }))
        line(
            "may hold the host's root file system: "
                + Self.list(uses.storage.map { "\($0.function.short) (\($0.name))" }))
        line("may be the host's console: " + Self.list(uses.console.map(\.short)))
    }

    private static func list(_ words: [String]) -> String {
        words.isEmpty ? "nothing listed" : words.joined(separator: ", ")
    }

    private mutating func add(_ wish: Judgement.Wish, _ machine: MachineDescription) throws {
        let planned = try PlannedWish(wish, on: machine)
        line()
        line("## \(wish.name): \(wish.what)")
        line()
        line("wanted: " + wish.addresses.map(\.short).joined(separator: ", "))
        line("expert: \(wish.verdict.rawValue) (\(Self.list(wish.codes.map(\.code).uniqued())))")
        line("planner: \(planned.verdict.rawValue)")
        takes(wish, planned.outcomes.first?.facts)
        line()
        text += try Self.plans(planned)
    }

    /// What leaves the host, and why each function does.
    private mutating func takes(_ wish: Judgement.Wish, _ facts: NodeFacts?) {
        guard let facts else { return }
        let closure = DeviceClosure(of: wish.addresses, facts)
        for member in closure.members {
            let name = member.function.name.map { ", \($0)" } ?? ""
            line("  takes \(member.function.address.short) \(member.function.id)\(name): \(Self.words(member.cause))")
        }
        for bridge in closure.bridges { line("  keeps \(bridge.address.short) \(bridge.id): a bridge above") }
        for function in closure.leftBehind {
            line("  keeps \(function.address.short) \(function.id): of the same device")
        }
    }

    private static func words(_ cause: DeviceClosure.Cause) -> String {
        switch cause {
        case .wanted: "wanted"
        case .group(let group): "in group \(group)"
        case .virtualFunction(let physical): "made by \(physical.short)"
        case .behind(let controller): "behind \(controller.short)"
        }
    }

    /// The first way to read the description in full, of each further one what is different.
    private static func plans(_ planned: PlannedWish) throws -> String {
        guard let first = planned.outcomes.first else { return "" }
        let whole = try plan(first)
        let others = try planned.outcomes.dropFirst().map { other in
            let changes = try plan(other).difference(from: whole)
            let title = "\(other.reading.name)  as \(first.reading.name)" + (changes.isEmpty ? "" : ", but")
            let lines = (changes.removals + changes.insertions).map(Self.words)
            return ([title] + lines).joined(separator: "\n") + "\n"
        }
        let title = "\(first.reading.name)  \(first.plan.verdict.rawValue)\n"
        return ([title + whole.map { $0 + "\n" }.joined()] + others).joined(separator: "\n")
    }

    /// The plan's lines after its title.
    private static func plan(_ outcome: PlannedWish.Outcome) throws -> [Substring] {
        let entry = FleetPlan.Entry(plan: outcome.plan, settings: outcome.settings, facts: nil)
        let plan = FleetPlan(purpose: .apply, playbook: Playbook(name: "golden"), nodes: [entry])
        let digest = try #require(ContentDigest(bytes: [UInt8](repeating: 0, count: 32)))
        let text = PlanView(plan: plan, digest: digest, isVerbose: true, terminal: Terminal()).nodes()
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropFirst().dropLast()
    }

    private static func words(_ change: CollectionDifference<Substring>.Change) -> String {
        switch change {
        case .remove(_, let line, _): "  no longer: \(line.trimmingPrefix { $0 == " " })"
        case .insert(_, let line, _): "  instead:   \(line.trimmingPrefix { $0 == " " })"
        }
    }
}

extension [String] {
    /// Each once, in the order in which they came first.
    fileprivate func uniqued() -> [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}
