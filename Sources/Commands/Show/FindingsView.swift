internal import Fleet
internal import Forms

/// What others left on a node: each finding with its places.
struct FindingsView {
    private let findings: [Finding]

    init(_ findings: [Finding]) { self.findings = findings }

    func write(to console: Console) {
        guard !findings.isEmpty else { return }
        console.writeLine()
        console.writeLine(
            console.terminal.styled("Findings", .bold) + " (left as they are unless a playbook says adopt:)")
        for finding in findings {
            let code = console.terminal.styled("[\(finding.code.rawValue)]", .dim)
            console.writeLine("  \(finding.message.printableLine) \(code)")
            for place in finding.places {
                console.writeLine("      \(place.place.printableLine)  \(place.text.printableLine)")
            }
        }
        console.note("Each is explained by its code: vfiofleet explain \(findings[0].code.rawValue).")
    }
}
