internal import Alerting
internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store
internal import Web

/// Everything that `serve` runs, put together.
struct ServiceHost {
    let context: Context
    let store: Store
    let ssh: SSHOptions
    let file: ServiceFile
    let settings: ServiceSettings
    private let log: ConfigurationLog
    private let sender = ChannelSender()
    private let host: RolloutHost
    private let connections: KeptConnections
    private let manager = ServiceManager(environment: ProcessInfo.processInfo.environment)

    init(_ context: Context, _ store: Store, _ ssh: SSHOptions, _ file: ServiceFile, _ first: ServiceConfiguration) {
        self.context = context
        self.store = store
        self.ssh = ssh
        self.file = file
        settings = ServiceSettings(first)
        log = ConfigurationLog(
            store: store, file: file, console: context.console, fourEyes: first.control.needsFourEyes)
        let opener = ssh.opener(asking: false)
        connections = KeptConnections(opener) { [settings] in settings.current.connections }
        host = RolloutHost(store: store) { actor in
            RolloutDriver(
                store: store, opener: opener, judge: DomainJudge(),
                holder: LeaseHolder(actor: actor, throughService: true))
        }
    }

    /// Runs until it is told to end.
    func run() async throws -> Outcome {
        let (hangups, hangup) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (signals, areHeard) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            // Whoever is told that it is ready may send one at once.
            for await _ in signals {}
            let companion = WebCompanion(
                settings: settings, console: context.console, store: store, host: host,
                work: FleetWork(
                    store: store, opener: connections, judge: DomainJudge(), parallelism: ssh.parallel))
            try await companion.run { () async throws(FleetError) in
                try await service().run { settings.current.schedules }
            }
        }
        let reloads = Task { for await _ in hangups { await reload() } }
        let interrupts = Interrupts(
            farewell: "Left.", hangup: { hangup.yield() },
            first: {
                manager.tell(.stopping)
                work.cancel()
            })
        defer { interrupts.end() }
        areHeard.finish()
        context.console.note("Running \(settings.current.words); Ctrl-C ends it.")
        let result = await work.result
        reloads.cancel()
        await reloads.value
        await sender.close()
        await connections.close()
        // Told to end while it begins, it says so by this.
        if interrupts.wasInterrupted, case .failure(let error) = result, (error as? FleetError)?.code == "cancelled" {
            return .interrupted
        }
        try result.get()
        return interrupts.wasInterrupted ? .interrupted : .good
    }

    private func service() -> ScheduleService {
        let dispatcher = AlertDispatcher(store: store, sender: sender) { settings.current.receivers }
        let remediation = RemediationRunner(
            store: store,
            driver: RolloutDriver(
                store: store, opener: ssh.opener(asking: false), judge: DomainJudge(),
                holder: LeaseHolder(actor: Context.actor)), routes: routes)
        let retention = RetentionKeeper(store: store) { settings.current.retention }
        let (manager, store, host, log) = (manager, store, host, log)
        return ScheduleService(
            store: store, runner: runner(), holder: LeaseHolder(actor: Context.actor),
            companions: [
                { await dispatcher.run() },
                { await retention.run() },
                { await remediation.run() },
                { await host.takeUpAbandoned() },
                {
                    // Under the lease, so that two do not both say that they are ready.
                    await log.began()
                    manager.tell(.ready("Running \(settings.current.words)"))
                    await manager.keepAlive { _ = try? await store.schedules() }
                },
            ])
    }

    private var routes: @Sendable () -> [AlertRoute] { { [settings] in settings.current.receivers.map(\.route) } }

    private func runner() -> ScheduleRunner {
        let service = ComplianceService(
            store: store, opener: connections, judge: DomainJudge(), parallelism: ssh.parallel, routes: routes)
        let remediation = RemediationService(store: store, judge: DomainJudge(), routes: routes)
        let (console, store) = (context.console, store)
        return ScheduleRunner(store: store, service: service, remediation: remediation) { schedule throws(FleetError) in
            try await ScheduledPlaybook.targets(of: schedule, store)
        } listener: { schedule, outcome, changes in
            console.writeLine("\(Context.now.iso8601) \(schedule.name): \(outcome.words)")
            for change in changes where change.isNews { console.writeLine("  \(change.words)") }
        }
    }

    /// Reads the file anew. What can't be read or kept leaves everything as it is.
    private func reload() async {
        manager.tell(.reloading)
        defer { manager.tell(.ready("Running \(settings.current.words)")) }
        do {
            let loaded = try file.load()
            let configuration = loaded.configuration
            try await store.setSchedules(configuration.schedules, at: Context.now)
            let listens = configuration.listens(as: settings.current)
            settings.current = configuration
            await log.took(configuration)
            context.console.note("Reloaded \(file.path): \(configuration.words).")
            reloadCertificate()
            if !listens {
                context.console.complain(
                    "What `web:` says, four-eyes too, and where the control socket is, counts from the next start.")
            }
            file.warn(of: loaded, context.console)
        } catch {
            let sentences = Failures.sentences(of: error) ?? ["\(error)"]
            await log.refused(sentences)
            for sentence in sentences { context.console.complain(sentence.printable) }
            context.console.complain("The configuration stays as it was: \(file.path) can't be taken.")
        }
    }

    private func reloadCertificate() {
        do throws(FleetError) { try settings.certificate?.reload() } catch {
            context.console.complain("The page keeps the certificate that it has: \(error.description.printable)")
        }
    }
}

extension ServiceFile {
    /// What may be put right without a restart does not keep the service from running.
    func warn(of loaded: LoadedConfiguration, _ console: Console) {
        let check = ConfigurationCheck(loaded)
        for error in check.errors + check.warnings { console.complain("warning: \(error.description.printable)") }
    }
}

extension ServiceConfiguration {
    /// Only who may do what at the control socket counts at once.
    fileprivate func listens(as other: ServiceConfiguration) -> Bool {
        web == other.web && control.socket == other.control.socket && control.group == other.control.group
            && control.needsFourEyes == other.control.needsFourEyes
    }
}
