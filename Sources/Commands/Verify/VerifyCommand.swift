internal import ArgumentParser
internal import Fleet
internal import Forms

struct VerifyCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove by a fresh look that nodes are what a playbook says.",
        discussion: """
            Exit status: 0 all compliant, 2 at least one is not, 1 at least one could not be told.

            Examples:
              vfiofleet verify playbooks/gpu-passthrough.yaml
              vfiofleet verify playbooks/compliance-only.yaml --junit report.xml
            """)

    @OptionGroup var target: PlaybookArgument
    @Flag(help: "As JSON.") var json = false
    @Option(help: ArgumentHelp("Write a JUnit report too.", valueName: "file")) var junit: String?
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let file = try target.file()
        let results = try await SweepRunner(
            console: context.console, controller: try await context.controller(who, ssh)
        ).verify(file)
        if let junit { try OutputFile.write(JUnitReport.render(results, playbook: file.playbook.name), to: junit) }
        if json {
            try context.console.writeJSON(VerifyDocument(results))
        } else {
            let view = VerifyView(results: results, isVerbose: common.verbose, terminal: context.console.terminal)
            context.console.write(view.render())
        }
        return results.outcome
    }
}

extension [NodeCompliance] {
    /// What is known to be wrong counts before what could not be told.
    var outcome: Outcome {
        if contains(where: { $0.verdict == .noncompliant }) { return .attention }
        return allSatisfy { $0.verdict == .compliant } ? .good : .failed
    }
}
