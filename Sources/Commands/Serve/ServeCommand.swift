internal import ArgumentParser
internal import Documents
internal import Engine
internal import Fleet
internal import Forms
internal import Store

struct ServeCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Verify nodes by schedule, tell of drift and serve the web page, until it is told to end.",
        discussion: """
            What is verified when, who is told, and where the web page listens, is in a configuration file; see
            docs/service.md and docs/web.md. Commands of this machine reach it through its control socket, beside the database unless \
            the configuration says otherwise. Ctrl-C or SIGTERM end it: what is under way is interrupted, and made up for at
            the next start. SIGHUP has it read the file anew; one that can't be read changes nothing.

            Examples:
              vfiofleet serve --config vfiofleet.yaml
              vfiofleet serve --config vfiofleet.yaml --check
            """)

    @Option(help: ArgumentHelp("The configuration's file.", valueName: "file")) var config: String
    @Flag(help: "Only read the configuration, as config check does.") var check = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let file = ServiceFile(path: config)
        if check { return try file.check(context.console) }
        let loaded = try file.load()
        let store = try context.openStore()
        file.warn(of: loaded, context.console)
        return try await ServiceHost(context, store, ssh, file, loaded.configuration).run()
    }
}

/// A schedule's playbook, read at each run: its file may have been changed since.
enum ScheduledPlaybook {
    static func targets(
        of schedule: Schedule, _ store: Store
    ) async throws(FleetError) -> (Playbook, [PlaybookTargets.Target]) {
        do {
            let playbook = try PlaybookDocument.load(schedule.playbook)
            return (playbook, try await FleetSelection.targets(of: playbook, schedule.selector, in: store))
        } catch let error as FleetError {
            throw error
        } catch {
            let sentences = Failures.sentences(of: error) ?? ["\(error)"]
            throw FleetError(
                "schedule-unreadable", "The schedule \(schedule.name) can't run: \(sentences.joined(separator: " "))")
        }
    }
}
