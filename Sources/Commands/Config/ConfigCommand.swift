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
        commandName: "check", abstract: "Read a configuration and what it names, and say what is wrong.",
        discussion: """
            That is its playbooks, certificate and key, secrets, authorities, programs and group, looked at as the user who \
            runs this: check as the one that serve runs as. Environment variables that are not set here are a warning. \
            Exit status: 0 it can be used, 1 it can't.

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
        let loaded = try read()
        let check = ConfigurationCheck(loaded)
        for warning in check.warnings { console.complain("warning: \(warning.description.printable)") }
        let errors = (loaded.errors + check.errors).inOrderOfText
        guard errors.isEmpty else { throw Failures(errors: errors) }
        console.writeLine("\(path) and what it names can be used: \(loaded.configuration.words).")
        return .good
    }
}

extension [FleetError] {
    /// By file, line and column.
    fileprivate var inOrderOfText: [FleetError] {
        func place(_ error: FleetError) -> (String, Int, Int) {
            (error.location?.file ?? "", error.location?.line ?? 0, error.location?.column ?? 0)
        }
        return sorted { place($0) < place($1) }
    }
}
