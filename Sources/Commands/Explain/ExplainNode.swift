internal import Documents
internal import Engine
internal import Fleet
internal import Forms
internal import Probe
internal import Store

/// `explain NODE DEVICE|CHECK`: a case on one node, instead of a word in general.
struct ExplainNode {
    var node: String
    var subject: String
    var playbook: String?
    var json: Bool
    var context: Context

    func run() async throws {
        let store = try context.openStore()
        let target = try await node(in: store)
        guard let seen = try await store.latestObservations(of: [target])[target] else {
            throw FleetError(
                "node-not-seen", "\(target) was not looked at yet.", advice: "Run: vfiofleet detect \(target).")
        }
        let facts = ProbeParser.parse(seen.answer.raw)
        let settings = try await settings(of: target, store)
        if let slot = PCISlot(subject) ?? PCIAddress(subject)?.slot {
            let device = try DeviceCase(slot, of: target, facts, settings: settings)
            if json { return try context.console.writeJSON(device) }
            DeviceCaseView(device: device, console: context.console).show()
        } else if let check = CheckID(rawValue: subject) {
            guard let settings else { throw FleetError.noPlaybook(subject, target) }
            let checks = Verifier.verify(node: target, facts: facts, settings: settings).checks
                .filter { $0.id == check }
            if json { return try context.console.writeJSON(checks) }
            show(checks, of: check)
        } else {
            throw FleetError.noSubject(subject)
        }
    }

    private func node(in store: Store) async throws -> NodeName {
        let nodes = try await context.select(node, in: store)
        guard nodes.count == 1 else {
            throw FleetError(
                "node-ambiguous", "“\(node)” selects \(nodes.count) nodes.", advice: "Name one node to explain.")
        }
        return nodes[0].name
    }

    /// From the playbook that is named; else from the last roll-out the node was in.
    private func settings(of node: NodeName, _ store: Store) async throws -> NodeSettings? {
        if let playbook {
            let targets = try await FleetSelection.targets(
                of: PlaybookDocument.load(playbook), node.description, in: store)
            return targets.first?.settings
        }
        guard let last = try await store.rollouts(of: node).first else { return nil }
        return try await store.plan(last.rollout.plan)[node]?.settings
    }

    private func show(_ checks: [CheckResult], of id: CheckID) {
        let console = context.console
        let width = min(console.terminal.width ?? 100, 100)
        for explanation in Explanations.find(id.rawValue) where explanation.kind == .check {
            console.writeLine("\(explanation.what) \(explanation.why)".wrapped(to: width))
        }
        guard !checks.isEmpty else { return console.writeLine("\nNothing on this node is to be checked for it.") }
        for check in checks {
            let style: Style = check.status == .pass ? .good : check.status == .fail ? .bad : .warning
            let device = check.device.map { "\($0): " } ?? ""
            console.writeLine()
            console.writeLine(
                console.terminal.styled(check.status.rawValue, style) + "  "
                    + "\(device)\(check.message)".printableLine.wrapped(to: width))
            console.writeEvidence(check.evidence)
        }
    }
}

/// A device's case for a person.
struct DeviceCaseView {
    var device: DeviceCase
    var console: Console

    private var width: Int { min(console.terminal.width ?? 100, 100) }

    func show() {
        let style: Style = device.verdict == .go ? .good : .bad
        let title = console.terminal.styled("\(device.device) on \(device.node)", .bold)
        console.writeLine(title + "  " + console.terminal.styled(device.verdict.rawValue, style))
        for sentence in device.story { console.writeLine(sentence.printableLine.wrapped(to: width)) }
        for point in device.points { show(point) }
        if let forecast = device.forecast {
            console.writeLine()
            for line in ForecastView(forecast: forecast, terminal: console.terminal).lines() { console.writeLine(line) }
        }
    }

    private func show(_ point: DeviceCase.Point) {
        let style = point.severity.style
        console.writeLine()
        console.writeLine(
            console.terminal.styled("\(point.severity.rawValue) [\(point.code)]", style))
        for message in point.messages { console.writeLine(message.printableLine.wrapped(to: width)) }
        if let meaning = point.meaning, point.severity != .note { console.writeLine(meaning.wrapped(to: width)) }
        console.writeEvidence(point.evidence)
        for remedy in point.remedies { console.writeLine("→ \(remedy)".wrapped(to: width)) }
    }
}

extension Console {
    /// The commands a person could type, and what they printed.
    func writeEvidence(_ evidence: [Evidence]) {
        for piece in evidence {
            writeLine(terminal.styled("  $ \(piece.command.printableLine)", .dim))
            for line in piece.output.printable.split(separator: "\n").prefix(12) { writeLine("  \(line)") }
        }
    }
}

extension FleetError {
    fileprivate static func noPlaybook(_ check: String, _ node: NodeName) -> FleetError {
        FleetError(
            "playbook-missing", "What “\(check)” asks of \(node) is said by a playbook, and none was rolled out there.",
            advice: "Name one: vfiofleet explain \(node) \(check) --playbook FILE.")
    }

    fileprivate static func noSubject(_ subject: String) -> FleetError {
        FleetError(
            "subject-unknown", "“\(subject)” is neither a PCI device such as 01:00 nor a check.",
            advice: "Checks: \(CheckID.allCases.map(\.rawValue).joined(separator: ", ")).")
    }
}
