import Fleet
internal import Foundation

/// Plans, judges and reports from one node's facts.
struct PlannerTrial {
    private let node: NodeName
    private let facts: NodeFacts
    private let settings: NodeSettings
    private let plan: NodePlan

    init(_ facts: NodeFacts, _ settings: NodeSettings) throws {
        guard let node = NodeName("node") else { throw AnswerTrial.Breach(description: "“node” is no name.") }
        self.node = node
        self.facts = facts
        self.settings = settings
        plan = Planner.plan(node: node, facts: facts, settings: settings)
    }

    /// The guide's, and one of everything else that the planner can be asked for.
    static let settings: [NodeSettings] = {
        let gpu = DeviceRequest(name: "gpu", match: .kind(.init(category: .display, count: 1)))
        let more = DeviceRequest(
            name: "disks", match: .kind(.init(category: .storage, count: 64)), optional: true, bind: .address)
        let guests = VMID(number: 100).map { [GuestRequest(vm: $0, devices: [.init(device: "gpu")])] } ?? []
        let clean = AdoptionSettings(usual: .clean)
        return [
            NodeSettings(devices: [gpu], guests: guests),
            NodeSettings(devices: [gpu, more], files: .dropIn, network: .pin, adopt: clean, guests: guests),
        ]
    }()

    func check() throws {
        try whatIsForbiddenIsNotPlanned()
        try filesAreWhatWasSeen()
        try planSurvivesTheStore()
        report()
    }

    private func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) throws {
        if !isKept { throw AnswerTrial.Breach(description: promise()) }
    }

    private func whatIsForbiddenIsNotPlanned() throws {
        if plan.verdict == .blocked || plan.verdict == .unreachable {
            try expect(
                plan.files.isEmpty && plan.commands.isEmpty && plan.guests.isEmpty && !plan.reboot,
                "A blocked plan changes something.")
        }
        guard plan.verdict == .change else { return }
        try expect(facts.functions.value != nil, "A node of unknown functions is changed.")
        try expect(facts.hostUses.value != nil, "A node is changed of which nobody knows what the host needs.")
        let critical = HostCritical(facts)
        for function in plan.wanted {
            let uses = critical.vital(function.address)
            try expect(uses.isEmpty, "\(function.address) is taken, and the host needs it: \(uses)")
        }
    }

    /// What a plan takes a file to be is what the answer says of it.
    private func filesAreWhatWasSeen() throws {
        for change in plan.files {
            try expect(change.before != change.after || change.mode != nil, "\(change.path) is changed to what it is.")
            guard let seen = facts.files[change.path] else { continue }
            try expect(seen.value != nil, "\(change.path) is changed, and could not be read.")
            try expect(seen.value?.bytes == change.before, "\(change.path) is planned from other bytes than were seen.")
        }
    }

    /// A plan is approved by the digest of its stored text: reading and writing it again must give the same.
    private func planSurvivesTheStore() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try encoder.encode(plan)
        let read = try JSONDecoder().decode(NodePlan.self, from: text)
        try expect(read == plan, "A plan that was stored is another one.")
        try expect(try encoder.encode(read) == text, "A plan that was stored is written otherwise.")
    }

    private func report() {
        _ = Verifier.verify(node: node, facts: facts, settings: settings)
        _ = Planner.guestChanges(facts: facts, settings: settings)
        _ = plan.files.map { UnifiedDiff.render($0) }
        _ = GPUReport.cards(of: node, facts, judged: true)
        _ = PCITree.drawing(of: PCITree.forest(of: facts.functions.value ?? []))
        _ = facts.findings
    }
}
