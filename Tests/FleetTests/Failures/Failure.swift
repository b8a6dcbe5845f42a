import TestSupport
import Testing

@testable import Fleet

/// One way in which passthrough goes wrong, as a node that shows it and nothing else (docs/failures.md).
struct Failure: Sendable, CustomTestStringConvertible {
    /// How the tool tells.
    enum Sign: Sendable {
        case plan(Reason.Severity, PlanReason)
        /// What others left, which a plan warns of.
        case finding(FindingCode)
        case risk(RiskCode)
        /// Of a node on which everything was in order before.
        case check(CheckID, CheckResult.Status)
    }

    /// A node and what is wanted of it.
    struct Case {
        var facts: NodeFacts
        var settings: NodeSettings
    }

    /// Its number in the list of failures, such as `F7`; `-` for those that are not in it.
    var number: String
    var name: String
    var sign: Sign
    /// What the person who reads it must find in the text or its evidence.
    var says: [String] = []
    /// What follows from it, and blocks for a reason of its own.
    var also: Set<PlanReason> = []
    var machine = "intel-z390-rtx2070"
    var slot = "01:00"
    /// How the node is set up; the failure is not in it yet.
    var setup: @Sendable (inout NodeSetup) -> Void = { _ in }
    /// What is asked for; the failure is not in it yet.
    var wish: @Sendable (inout NodeSettings) throws -> Void = { _ in }
    /// What else there is to know about the healthy node.
    var before: @Sendable (inout Case) throws -> Void = { _ in }
    /// Makes the failure.
    var happens: @Sendable (inout Case) throws -> Void

    var testDescription: String { "\(number) \(name)" }
}

extension Failure {
    /// A guest that lacks nothing.
    static let guest =
        "agent: 1\nballoon: 0\nbios: ovmf\ncpu: host,hidden=1\nefidisk0: local-lvm:vm-100-disk-0,efitype=4m\n"
        + "machine: q35\nmemory: 8192\nname: gpu-a\nscsihw: virtio-scsi-single\n"

    func healthy() throws -> Case {
        var setup = NodeSetup()
        setup.guests = [100: Self.guest]
        setup.isTalkative = true
        self.setup(&setup)
        var settings = try Fixtures.guide(slot)
        settings.kernel = .init()
        try wish(&settings)
        var node = Case(facts: NodeFacts(try Fixtures.machine(machine), setup), settings: settings)
        node.returnToHost()
        node.facts.modules.builtIn = .known([])
        try before(&node)
        return node
    }

    /// The same node after its plan was carried out: what is checked there was in order.
    func rolledOut() throws -> Case {
        var node = try healthy()
        let plan = Planner.plan(node: try Fixtures.node(), facts: node.facts, settings: node.settings)
        #expect(plan.verdict == .change, "\(plan.blockers)")
        node.facts = node.facts.carryingOut(plan)
        return node
    }

    var code: String {
        switch sign {
        case .plan(_, let code): code.rawValue
        case .finding(let code): code.rawValue
        case .risk(let code): code.rawValue
        case .check(let id, _): id.rawValue
        }
    }

    var isChecked: Bool { if case .check = sign { true } else { false } }
}

extension Failure.Case {
    /// Whatever its owner had bound to vfio-pci is on the host's drivers again.
    mutating func returnToHost() {
        facts.functions = facts.functions.map { all in
            all.map { function in
                var function = function
                guard function.driver?.isVFIO == true else { return function }
                function.driver = function.modules.value?.first
                function.driverModule = function.driver
                return function
            }
        }
    }

    mutating func change(_ address: String, _ body: (inout PCIFunction) -> Void) throws {
        facts = try Fixtures.change(facts, address, body)
    }

    mutating func add(_ function: PCIFunction) {
        facts.functions = facts.functions.map { ($0 + [function]).sorted { $0.address < $1.address } }
    }

    mutating func file(_ path: String, _ text: String?) {
        facts.files[path] = .known(FileContent(bytes: text.map { Array($0.utf8) }))
    }

    mutating func guest(
        _ number: UInt32, _ text: String, kind: GuestFacts.Kind = .qemu, runningWith arguments: [String]? = nil
    ) throws {
        let guest = GuestFacts(
            kind: kind, id: try Fixtures.vm(number), configuration: .known(text),
            state: .known(arguments == nil ? .stopped : .running), processArguments: .known(arguments))
        facts.guests = facts.guests.map { all in all.filter { $0.id != guest.id } + [guest] }
    }

    mutating func use(_ purpose: HostUse.Purpose, _ address: String, _ path: String...) throws {
        let use = HostUse(
            purpose: purpose, subject: path.first ?? "", path: path, function: try Fixtures.address(address))
        facts.hostUses = facts.hostUses.map { $0 + [use] }
    }

    /// Everything that tells of a failure of this kind, as text with evidence.
    func tells(_ sign: Failure.Sign) throws -> [String] {
        let node = try Fixtures.node()
        switch sign {
        case .check(let id, let status):
            return Verifier.verify(node: node, facts: facts, settings: settings).checks
                .filter { $0.id == id && $0.status == status }.map { Self.text($0.message, $0.evidence) }
        case .plan(let severity, let code):
            return plan(node).reasons.filter { $0.severity == severity && $0.code.rawValue == code.rawValue }
                .map { Self.text($0.message, $0.evidence) }
        case .finding(let code):
            return plan(node).reasons.filter { $0.severity == .warning && $0.code.rawValue == code.rawValue }
                .map { Self.text($0.message, $0.evidence) }
        case .risk(let code):
            return (plan(node).forecast?.risk.reasons ?? []).filter { $0.code == code }.map(\.message)
        }
    }

    func plan(_ node: NodeName) -> NodePlan { Planner.plan(node: node, facts: facts, settings: settings) }

    private static func text(_ message: String, _ evidence: [Evidence]) -> String {
        ([message] + evidence.map { "$ \($0.command)\n\($0.output)" }).joined(separator: "\n")
    }
}
