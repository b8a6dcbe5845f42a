internal import Fleet
internal import Forms

/// What the host can't lose, as a table for a person: one line for each use and function.
struct CriticalView {
    let critical: HostCritical
    let functions: [PCIAddress: PCIFunction]

    init(_ facts: NodeFacts) {
        critical = HostCritical(facts)
        functions = Dictionary(
            (facts.functions.value ?? []).map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func write(to console: Console) {
        if let why = critical.unknown {
            let text = "  This list may have holes: \(why.detail.printableLine)"
            console.writeLine(console.terminal.styled(text, .warning))
        }
        for use in critical.untraced {
            let text = "  \(use.purpose.rawValue) could not be traced: \(use.detail.printableLine)"
            console.writeLine(console.terminal.styled(text, .warning))
        }
        console.write(table)
        if critical.uses.isEmpty && critical.unknown == nil {
            console.writeLine("  Nothing of the host rests on a PCI function.")
        }
    }

    private var table: Table {
        var table = Table([
            .init("USE"), .init("PATH", flexible: true), .init("FUNCTION"), .init("BEHIND", flexible: true),
            .init("GROUP"), .init("DRIVER"), .init("NAME", flexible: true),
        ])
        for use in critical.uses { table.add(cells(of: use)) }
        return table
    }

    private func cells(of use: HostCritical.Use) -> [Table.Cell] {
        let function = functions[use.use.function]
        let path = [use.use.subject] + use.use.path.filter { $0 != use.use.subject }
        let purpose = use.use.purpose
        return [
            purpose.isVital ? .init(purpose.rawValue) : .init("\(purpose.rawValue) (warns)", .dim),
            .init(path.joined(separator: " → ").printableLine), .init(use.use.function.description),
            .init(use.chain.dropFirst().map(\.short).joined(separator: " ")),
            .init(function?.group.map(String.init) ?? "none"), .init(function?.driver?.description ?? "none"),
            .init((function?.name ?? "").printableLine),
        ]
    }
}

/// `show --critical --json`
struct CriticalDocument: Encodable {
    struct Use: Encodable {
        var purpose: HostUse.Purpose
        var isVital: Bool
        var subject: String
        var path: [String]
        var function: PCIAddress
        /// What the function can't work without, nearest first.
        var behind: [PCIAddress]
        var group: Int?
    }

    var node: NodeName
    var lastSeen: String
    var uses: [Use]
    var untraced: [UntracedUse]
    /// Why the list may have holes.
    var unknown: Unknown?

    init(_ node: NodeName, lastSeen: String, _ facts: NodeFacts) {
        let view = CriticalView(facts)
        self.node = node
        self.lastSeen = lastSeen
        uses = view.critical.uses.map { use in
            Use(
                purpose: use.use.purpose, isVital: use.use.purpose.isVital, subject: use.use.subject,
                path: use.use.path, function: use.use.function, behind: Array(use.chain.dropFirst()),
                group: view.functions[use.use.function]?.group)
        }
        untraced = view.critical.untraced
        unknown = view.critical.unknown
    }
}
