internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Foundation
internal import SSHTransport
internal import Store

/// Who does the command's work, for every command that the running controller can do it for.
struct ControllerOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Have the controller do it that listens at this socket.",
            discussion:
                "Default: $VFIOFLEET_SOCKET, else beside the database (fleet.db.sock), else \(ControllerPlaces.usual).",
            valueName: "path"))
    var socket: String?

    @Flag(
        name: [.customLong("local"), .customLong("no-controller")],
        help: "Work alone, on the database and with your own keys, whether a controller runs or not.")
    var local = false

    func validate() throws {
        if local, socket != nil { throw ValidationError("Work alone (--local), or by the controller at --socket?") }
    }
}

extension Context {
    /// The running controller, where there is one that has the database of this command; else this process.
    ///
    /// `ssh`: how this process reaches nodes, for commands that do. Fails with `controller-…`, and as the store does.
    func controller(_ options: ControllerOptions, _ ssh: SSHOptions? = nil) async throws -> any Controller {
        if !options.local, let remote = try await ControllerFinder(context: self, socket: options.socket).find() {
            if let given = ssh?.given {
                console.note("The controller reaches nodes with its own keys and settings: \(given) has no effect.")
            }
            return remote
        }
        return LocalController(
            store: try openStore(),
            opener: ssh?.opener(asking: console.canAsk) ?? SSHOptions.usualOpener, parallelism: ssh?.parallel ?? 1)
    }
}

extension SSHOptions {
    /// For commands that reach no node.
    static var usualOpener: RemoteNodeOpener {
        RemoteNodeOpener(
            connector: SSHConnector(.standard(environment: ProcessInfo.processInfo.environment)),
            controller: controllerName)
    }

    /// Those that only count when working alone; nil = none was given.
    fileprivate var given: String? {
        let names = [
            knownHosts.map { _ in "--known-hosts" }, sshConfig.map { _ in "--ssh-config" },
            parallel == Self.usualParallel ? nil : "--parallel",
        ].compactMap(\.self)
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }
}
