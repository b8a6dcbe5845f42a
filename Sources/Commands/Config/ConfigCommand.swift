internal import ArgumentParser
internal import Fleet
internal import Forms

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the configuration of serve, or print one to begin with.",
        discussion: """
            Examples:
              vfiofleet config sample > vfiofleet.yaml
              vfiofleet config check vfiofleet.yaml
            """,
        subcommands: [ConfigCheck.self, ConfigSample.self])
}

struct ConfigCheck: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read a configuration, its playbooks and its secrets, and say what is wrong.",
        discussion: """
            Secrets are read as the user who runs this: check as the one that serve runs as. Exit status: 0 it can be used, \
            1 it can't.

            Examples:
              vfiofleet config check vfiofleet.yaml
              sudo -u vfiofleet vfiofleet config check /etc/vfiofleet/vfiofleet.yaml
            """)

    @Argument(help: "The configuration's file.") var file: String
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try ServiceFile(path: file).check(context.console)
    }
}

struct ConfigSample: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Print a configuration with every key, explained.",
        discussion: """
            Example:
              vfiofleet config sample > vfiofleet.yaml
            """)

    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        context.console.write(String(decoding: PackageResources.vfiofleet_yaml, as: UTF8.self))
        return .good
    }
}

extension ServiceFile {
    /// Fails with everything that is wrong with it.
    func check(_ console: Console) throws -> Outcome {
        let configuration = try load()
        let unreachable = Self.unreachable(in: configuration)
        guard unreachable.isEmpty else { throw Failures(errors: unreachable) }
        console.writeLine("\(path) and its playbooks can be read: \(configuration.words).")
        return .good
    }
}
