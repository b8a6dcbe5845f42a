/// What is done by itself about a rule that holds no longer because the node was changed. Where the playbook was changed
/// nothing is: to roll that out is for a person to begin.
public struct Remediation: Hashable, Sendable, Codable {
    public enum Mode: String, Hashable, Sendable, Codable, CaseIterable {
        case never
        /// A plan is put up for approval.
        case propose
        /// The plan is carried out, within the limits of its playbook's roll-out.
        case apply
    }

    /// Of rules that are not named.
    public var usual: Mode
    /// By the rule's id.
    private var rules: [String: Mode]

    public static let never = Remediation()

    public init(usual: Mode = .never, rules: [RuleID: Mode] = [:]) {
        self.usual = usual
        self.rules = Dictionary(rules.map { ($0.key.description, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    public func mode(for rule: RuleID) -> Mode { rules[rule.description] ?? usual }

    /// What is to be done about one node, by how its rules stand: the boldest of what its drifted rules ask for, unless one
    /// of them is to be left alone. A plan puts a node right as a whole, so it would touch that, too.
    ///
    /// `standings`: the current ones of one node under the schedule's playbook, without those that are exempt.
    public func mode(for standings: [RuleStanding]) -> Mode {
        let failing = standings.filter { $0.isCurrent && $0.state.status == .fail }
        guard !failing.isEmpty, failing.allSatisfy({ $0.drift == .corrective }) else { return .never }
        let modes = failing.map { mode(for: $0.subject.rule) }
        if modes.contains(.never) { return .never }
        return modes.contains(.propose) ? .propose : .apply
    }
}
