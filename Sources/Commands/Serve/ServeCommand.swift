internal import ArgumentParser
internal import Documents
internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

struct ServeCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Verify nodes by schedule and serve the web page, until it is told to end.",
        discussion: """
            What is verified when, and where the web page listens, is in a configuration file; see docs/compliance.md and \
            docs/web.md. Ctrl-C, SIGTERM or SIGHUP end it: what is
            under way is interrupted, and made up for at the next start.

            Examples:
              vfiofleet serve --config vfiofleet.yaml
              vfiofleet serve --config vfiofleet.yaml --check
            """)

    @Option(help: ArgumentHelp("The configuration's file.", valueName: "file")) var config: String
    @Flag(help: "Only read the configuration and its playbooks, and say what is wrong with them.") var check = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let configuration = try ServiceDocument.load(config)
        for schedule in configuration.schedules { _ = try PlaybookDocument.load(schedule.playbook) }
        if check {
            context.console.writeLine("\(config) and its playbooks can be read: \(configuration.words).")
            return .good
        }
        let store = try context.openStore()
        let service = ScheduleService(
            store: store, runner: runner(context, store), holder: LeaseHolder(actor: Context.actor))
        context.console.note("Running \(configuration.words); Ctrl-C ends it.")
        let work = Task {
            try await WebCompanion.run(
                configuration.web,
                beside: { () async throws(FleetError) in try await service.run(configuration.schedules) }, context, ssh,
                store)
        }
        let interrupts = Interrupts(farewell: "Left.") { work.cancel() }
        defer { interrupts.end() }
        try await work.value
        return interrupts.wasInterrupted ? .interrupted : .good
    }

    private func runner(_ context: Context, _ store: Store) -> ScheduleRunner {
        let service = ComplianceService(
            store: store, opener: ssh.opener(asking: false), judge: DomainJudge(), parallelism: ssh.parallel)
        let console = context.console
        return ScheduleRunner(store: store, service: service) { schedule throws(FleetError) in
            try await ScheduledPlaybook.targets(of: schedule, context, store)
        } listener: { schedule, outcome, changes in
            console.writeLine("\(Context.now.iso8601) \(schedule.name): \(outcome.words)")
            for change in changes where change.isNews { console.writeLine("  \(change.words)") }
        }
    }
}

/// A schedule's playbook, read at each run: its file may have been changed since.
enum ScheduledPlaybook {
    static func targets(
        of schedule: Schedule, _ context: Context, _ store: Store
    ) async throws(FleetError) -> (Playbook, [PlaybookTargets.Target]) {
        do {
            let playbook = try PlaybookDocument.load(schedule.playbook)
            return (playbook, try await PlaybookArgument.targets(of: playbook, schedule.selector, context, store))
        } catch let error as FleetError {
            throw error
        } catch {
            let sentences = Failures.sentences(of: error) ?? ["\(error)"]
            throw FleetError(
                "schedule-unreadable", "The schedule \(schedule.name) can't run: \(sentences.joined(separator: " "))")
        }
    }
}

extension ServiceConfiguration {
    var words: String { "\(schedules.count) schedule\(schedules.count == 1 ? "" : "s")" }
}
