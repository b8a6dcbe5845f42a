internal import Documents
internal import Engine
internal import Fleet
internal import Foundation
internal import Store
internal import Web

/// What listens beside the schedules: the control socket, and the web page where the configuration asks for one.
struct WebCompanion {
    var settings: ServiceSettings
    var console: Console
    var store: Store
    var host: RolloutHost
    var work: FleetWork

    /// Runs `service` and what listens; whichever ends first ends the others. Roll-outs that were begun from there are
    /// suspended then, with what is in flight brought to its end.
    func run(beside service: @escaping @Sendable () async throws(FleetError) -> Void) async throws {
        let (page, control) = (try await page(), try control())
        let console = console
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await service() }
                    if let (server, address) = page {
                        group.addTask { try await server.run { console.note("The web page listens on \(address).") } }
                    }
                    if let (server, path) = control {
                        group.addTask { try await server.run { console.note("Commands reach it at \(path).") } }
                    }
                    defer { group.cancelAll() }
                    try await group.next()
                    group.cancelAll()
                    try await group.waitForAll()
                })
        } catch { result = .failure(error) }
        await host.close()
        try result.get()
    }

    private func page() async throws -> (WebServer, WebSettings.Address)? {
        guard let web = settings.current.web else { return nil }
        MetricsRegistry.collect()
        if try await store.users().isEmpty {
            console.complain("Nobody can log in yet: vfiofleet user add NAME --role approver.")
        }
        let certificate = try web.tls.map { files throws(FleetError) in try WebCertificate(files) }
        settings.certificate = certificate
        return (WebServer(web, certificate, store: store, host: host), web.address)
    }

    /// Where it is not said, a controller without one is better than none. Fails with `control-…`.
    private func control() throws(FleetError) -> (ControlServer, path: String)? {
        let wanted = settings.current.control
        if let group = wanted.group { try ControlSocket.check(group) }
        let path = wanted.socket ?? ControllerPlaces.own(store.path, ProcessInfo.processInfo.environment)
        do { try ControlSocket.prepare(path) } catch {
            guard wanted.socket == nil else { throw error }
            console.complain("warning: \(error.description.printable)")
            return nil
        }
        let listener = ControlListener(
            path: path, work: work, version: VFIOFleet.version,
            playbook: { text, file throws in
                do throws(InvalidDocument) { return try PlaybookDocument.parse(text, file: file) } catch {
                    throw Failures(errors: error.errors)
                }
            },
            settings: { [settings] in settings.current.control })
        return (ControlServer(listener, store: store, host: host), path)
    }
}
