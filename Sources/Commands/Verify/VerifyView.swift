internal import Fleet
internal import Forms

/// Compliance for a person: what is not right with its reason, and how far along the proof chain each node is.
struct VerifyView {
    var results: [NodeCompliance]
    /// Passed checks too, and the evidence.
    var isVerbose: Bool
    var terminal: Terminal

    func render() -> String { results.map(render).joined() + summary() }

    private func render(_ result: NodeCompliance) -> String {
        let title =
            terminal.styled("\(result.node)", .bold) + "  " + verdict(result.verdict) + "  " + reach(result) + "\n"
        return title + result.checks.filter { isVerbose || $0.status != .pass }.map(render).joined()
    }

    private func verdict(_ verdict: NodeCompliance.Verdict) -> String {
        switch verdict {
        case .compliant: terminal.styled("compliant", .good)
        case .noncompliant: terminal.styled("not compliant", .bad)
        case .unknown: terminal.styled("unknown", .warning)
        }
    }

    /// The last link that holds on everything it was checked on, with all before it.
    private func reach(_ result: NodeCompliance) -> String {
        let checked = CheckID.allCases.filter { id in result.checks.contains { $0.id == id } }
        let proven = checked.prefix { id in
            result.checks.filter { $0.id == id }.allSatisfy { $0.status == .pass }
        }
        guard let last = proven.last else { return "nothing proven" }
        return "proven up to \(last.rawValue) (\(proven.count) of \(checked.count) links)"
    }

    private func render(_ check: CheckResult) -> String {
        let mark: String =
            switch check.status {
            case .pass: terminal.styled("pass", .good)
            case .fail: terminal.styled("FAIL", .bad)
            case .unknown: terminal.styled("unknown", .warning)
            }
        let device = check.device.map { " \($0)" } ?? ""
        let line = "  \(mark) \(check.id.rawValue)\(device): \(check.message.printableLine)\n"
        return line + check.evidence.filter { _ in isVerbose || check.status == .fail }.map(render).joined()
    }

    private func render(_ evidence: Evidence) -> String {
        let lines = excerpt(of: evidence.output.printable).map { "        \($0)\n" }.joined()
        return terminal.styled("      $ \(evidence.command.printableLine)\n\(lines)", .dim)
    }

    /// The first lines; of a diff, those that change say more than the ones around them.
    private func excerpt(of output: String) -> [Substring] {
        let limit = isVerbose ? 40 : 4
        var lines = output.split(separator: "\n")
        if !isVerbose, lines.first?.hasPrefix("--- ") == true {
            lines = lines.dropFirst(2).filter { $0.hasPrefix("+") || $0.hasPrefix("-") }
        }
        return lines.count > limit ? lines.prefix(limit) + ["…"] : lines
    }

    private func summary() -> String {
        let verdicts: [(NodeCompliance.Verdict, String)] = [
            (.compliant, "compliant"), (.noncompliant, "not compliant"), (.unknown, "could not be told"),
        ]
        return verdicts.compactMap { verdict, word -> String? in
            let nodes = results.filter { $0.verdict == verdict }.map(\.node)
            return nodes.isEmpty ? nil : "\(nodes.count) \(word): \(NameSet.fold(nodes))\n"
        }.joined()
    }
}
