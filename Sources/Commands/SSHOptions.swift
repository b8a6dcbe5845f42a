internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import SSHTransport

/// How nodes are reached, for every command that talks to them.
struct SSHOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The known_hosts file that trust writes to and every connection reads first.",
            discussion: "Default: ~/.ssh/known_hosts.", valueName: "file"))
    var knownHosts: String?

    @Option(
        help: ArgumentHelp(
            "The ssh_config file to read instead of ~/.ssh/config and /etc/ssh/ssh_config.", valueName: "file"))
    var sshConfig: String?

    @Option(help: ArgumentHelp("Nodes to talk to at the same time.", valueName: "n"))
    var parallel = usualParallel

    static let usualParallel = 128

    func validate() throws {
        guard (1...4096).contains(parallel) else { throw ValidationError("--parallel is between 1 and 4096.") }
    }

    func connector(asking canAsk: Bool) -> SSHConnector {
        var settings = SSHSettings.standard(environment: ProcessInfo.processInfo.environment)
        if let knownHosts { settings.knownHostsFile = knownHosts }
        if let sshConfig { settings.configurationFiles = [sshConfig] }
        if canAsk { settings.passphrase = PassphrasePrompt().ask }
        return SSHConnector(settings)
    }

    func opener(asking canAsk: Bool) -> RemoteNodeOpener {
        RemoteNodeOpener(connector: connector(asking: canAsk), controller: Self.controllerName)
    }

    /// Who acts, as nodes write it into their lock.
    static var controllerName: String { "\(Context.actor)@\(ProcessInfo.processInfo.hostName)" }
}

/// Asks for the passphrase of a key file on the terminal, once for each file however many nodes use it.
actor PassphrasePrompt {
    private var answers: [String: String] = [:]

    nonisolated var ask: @Sendable (String) async -> String? {
        { await self.passphrase(for: $0) }
    }

    private func passphrase(for file: String) -> String? {
        if let known = answers[file] { return known }
        guard let typed = getpass("Passphrase for \(file): ").map({ unsafe String(cString: $0) }), !typed.isEmpty else {
            return nil
        }
        answers[file] = typed
        return typed
    }
}
