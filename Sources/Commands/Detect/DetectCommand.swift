internal import ArgumentParser
internal import Fleet
internal import Forms

struct DetectCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Look at nodes and keep what they are.",
        discussion: """
            One SSH round trip for each node; nothing is changed on it. Ctrl-C ends it early; what was seen is kept.

            Exit status: 0 all were observed, 1 a node could not be observed, 130 interrupted.

            Examples:
              vfiofleet detect
              vfiofleet detect 'pve[01-08]' --json
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(help: "As JSON.") var json = false
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let (sweep, wasInterrupted) = try await SweepRunner(
            console: context.console, controller: try await context.controller(who, ssh)
        ).detect(selection.selector, showing: !json)
        if json { try context.console.writeJSON(sweep) } else { report(sweep, context.console) }
        if wasInterrupted { return .interrupted }
        return sweep.nodes.allSatisfy { $0.error == nil } ? .good : .failed
    }

    private func report(_ sweep: SweepDocument, _ console: Console) {
        let (observed, failed) = (sweep.nodes.count(where: \.observed), sweep.nodes.count { $0.error != nil })
        let rest = sweep.nodes.count - observed - failed
        console.writeLine(
            "\(observed) observed, \(sweep.nodes.count(where: \.changed)) changed, \(failed) failed"
                + (rest > 0 ? ", \(rest) not looked at" : ""))
        if observed > 0, rest == 0 { console.note("Next: vfiofleet gpus, and vfiofleet plan PLAYBOOK.") }
    }
}
