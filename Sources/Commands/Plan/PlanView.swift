internal import Fleet
internal import Forms

/// A plan for a person: nodes with the same plan are shown once, then the fleet in a few lines.
struct PlanView {
    var plan: FleetPlan
    var digest: ContentDigest
    /// Notes too: why things stay as they are.
    var isVerbose: Bool
    var terminal: Terminal

    func render() -> String { nodes() + "\n" + summary() }

    /// On standard output, with what to do about it.
    static func show(
        _ plan: FleetPlan, _ digest: ContentDigest, asJSON: Bool, isVerbose: Bool, _ context: Context
    ) throws {
        if asJSON { return try context.console.writeJSON(PlanDocument(plan, digest: digest)) }
        let view = PlanView(plan: plan, digest: digest, isVerbose: isVerbose, terminal: context.console.terminal)
        context.console.write(view.render())
        if plan.summary.change > 0 {
            context.console.note("Next: vfiofleet apply --plan \(digest.description.prefix(12))")
        }
    }

    /// The nodes without the fleet's summary.
    func nodes() -> String { groupedNodes().map { nodes, plan in render(nodes, plan) }.joined(separator: "\n") }

    /// In the plan's order; a node joins the first one of whose plan the same is shown.
    private func groupedNodes() -> [(nodes: [NodeName], plan: NodePlan)] {
        var groups: [(nodes: [NodeName], plan: NodePlan)] = []
        var positions: [NodePlan: Int] = [:]
        for plan in plan.nodes.map(\.plan) {
            var key = plan
            key.node = groups.first?.plan.node ?? plan.node
            key.reasons = shownReasons(plan).map { Reason($0.severity, $0.code, $0.message) }
            if let position = positions[key] {
                groups[position].nodes.append(plan.node)
            } else {
                positions[key] = groups.count
                groups.append(([plan.node], plan))
            }
        }
        return groups
    }

    private func render(_ nodes: [NodeName], _ plan: NodePlan) -> String {
        let title = terminal.styled(NameSet.fold(nodes), .bold) + "  " + verdict(plan.verdict)
        let forecast =
            plan.forecast.map { ForecastView(forecast: $0, terminal: terminal).lines().map { "  " + $0 } } ?? []
        return ([title] + reasons(plan) + files(plan) + actions(plan) + forecast).map { $0 + "\n" }.joined()
    }

    private func verdict(_ verdict: NodePlan.Verdict) -> String {
        switch verdict {
        case .unchanged: terminal.styled("unchanged", .good)
        case .change: terminal.styled("change", .warning)
        case .blocked: terminal.styled("blocked", .bad)
        case .unreachable: terminal.styled("unreachable", .bad)
        }
    }

    /// Why one node stays as it is, is told at once; of many it would hide what matters.
    private func shownReasons(_ node: NodePlan) -> [Reason] {
        let isTold = isVerbose || node.verdict == .unchanged && plan.nodes.count == 1
        return node.reasons.filter { isTold || $0.severity != .note }
    }

    private func reasons(_ plan: NodePlan) -> [String] {
        shownReasons(plan).map { reason in
            let message = "\(reason.message.printableLine) [\(reason.code)]"
            return "  " + terminal.styled("\(reason.severity.title):", reason.severity.style) + " " + message
        }
    }

    private func files(_ plan: NodePlan) -> [String] {
        plan.files.flatMap { file in
            UnifiedDiff.render(file).printable
                .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
                    let style: Style =
                        line.hasPrefix("+++") || line.hasPrefix("---")
                        ? .bold : line.hasPrefix("+") ? .good : line.hasPrefix("-") ? .bad : .plain
                    return "  " + terminal.styled(String(line), style)
                }
        }
    }

    private func actions(_ plan: NodePlan) -> [String] {
        let commands = plan.commands.map { "  run: \($0.rawValue)" }
        let guests = plan.guests.flatMap { guest in
            guest.options.map { option in
                "  VM \(guest.vm): \(option.key): \(option.before ?? "unset") → \(option.after ?? "unset")"
                    .printableLine
            }
        }
        return commands + (plan.reboot ? departures(plan) + ["  reboot"] : []) + guests
    }

    private func departures(_ plan: NodePlan) -> [String] {
        func line(_ choice: EvacuationSettings.Choice, _ words: String) -> [String] {
            let guests = (plan.evacuation ?? []).filter { $0.choice == choice }.map { $0.kind.title($0.vm) }
            return guests.isEmpty ? [] : ["  \(words): \(guests.joined(separator: ", "))"]
        }
        return line(.migrate, "migrated to another member of the cluster, and back after the reboot")
            + line(.shutdown, "shut down, and started again after the reboot")
    }

    private var wayBack: String {
        guard let seconds = plan.playbook.rollout.confirmWithinSeconds else { return "; no node puts itself back" }
        return "; a node puts itself back unless confirmed within \(duration(seconds: seconds))"
    }

    func summary() -> String {
        let order: [(NodePlan.Verdict, String)] = [
            (.change, "to change"), (.blocked, "blocked"), (.unreachable, "unreachable"), (.unchanged, "unchanged"),
        ]
        let lines = order.compactMap { verdict, word -> String? in
            let nodes = plan.nodes.map(\.plan).filter { $0.verdict == verdict }.map(\.node)
            return nodes.isEmpty ? nil : "\(nodes.count) \(word): \(NameSet.fold(nodes))\n"
        }
        let overridden = plan.overrides.map {
            terminal.styled("OVERRIDDEN on \($0.node): \($0.reason.rawValue)", .bad) + "\n"
        }
        let reboots = plan.summary.reboots
        let reboot = reboots > 0 ? "\(reboots) reboot\(reboots == 1 ? "" : "s")\(wayBack)\n" : ""
        let way = plan.summary.change > 1 ? "in turn: \(plan.playbook.rollout.phrase)\n" : ""
        return lines.joined() + overridden.joined() + reboot + guestTreatment + way + "plan \(digest)\n"
    }

    /// An undo has no playbook to look that up in.
    private var guestTreatment: String {
        let rebooted = plan.nodes.filter(\.plan.reboot)
        let treatments = Set(rebooted.map { $0.settings.evacuation ?? EvacuationSettings() })
        guard plan.purpose == .undo, let first = treatments.first else { return "" }
        let phrase = treatments.count == 1 ? first.phrase : "on each node as when it was changed"
        return "running guests: \(phrase)\n"
    }
}

extension Reason.Severity {
    /// What is overridden must not be overlooked, not even without colours.
    var title: String { self == .overridden ? "OVERRIDDEN" : rawValue }

    var style: Style {
        switch self {
        case .blocker, .overridden: .bad
        case .warning: .warning
        case .note: .dim
        }
    }
}
