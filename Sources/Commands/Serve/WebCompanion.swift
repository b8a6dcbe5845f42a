internal import Engine
internal import Fleet
internal import Store
internal import Web

/// The web page beside the schedules, where the configuration asks for one.
struct WebCompanion {
    var settings: WebSettings
    var context: Context
    var ssh: SSHOptions
    var store: Store

    /// Runs `work` and, with `settings`, the page; whichever ends first ends the other. Roll-outs that were begun from the
    /// page are suspended then, with what is in flight brought to its end.
    static func run(
        _ settings: WebSettings?, beside work: @escaping @Sendable () async throws(FleetError) -> Void,
        _ context: Context, _ ssh: SSHOptions, _ store: Store
    ) async throws {
        guard let settings else { return try await work() }
        let companion = WebCompanion(settings: settings, context: context, ssh: ssh, store: store)
        try await companion.run(beside: work)
    }

    private func run(beside work: @escaping @Sendable () async throws(FleetError) -> Void) async throws {
        MetricsRegistry.collect()
        let opener = ssh.opener(asking: false)
        let host = RolloutHost(store: store) { [store] actor in
            RolloutDriver(store: store, opener: opener, judge: DomainJudge(), holder: LeaseHolder(actor: actor))
        }
        if try await store.users().isEmpty {
            context.console.complain("Nobody can log in yet: vfiofleet user add NAME --role approver.")
        }
        let server = WebServer(settings, store: store, host: host)
        let (console, address) = (context.console, settings.address)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await work() }
                    group.addTask { try await server.run { console.note("The web page listens on \(address).") } }
                    defer { group.cancelAll() }
                    try await group.next()
                    group.cancelAll()
                    try await group.waitForAll()
                })
        } catch { result = .failure(error) }
        await host.close()
        try result.get()
    }
}
