internal import ArgumentParser
internal import Foundation

/// Options of every command.
struct CommonOptions: ParsableArguments {
    @Option(
        name: .customLong("db"),
        help: ArgumentHelp(
            "The database file.",
            discussion:
                "Default: $VFIOFLEET_DB, else $XDG_STATE_HOME/vfiofleet/fleet.db, else ~/.local/state/vfiofleet/fleet.db.",
            valueName: "file"))
    var database: String?

    @Flag(name: .long, help: "No colours (also: the environment variable NO_COLOR).")
    var noColor = false

    @Flag(name: .shortAndLong, help: "Only results and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Log what is done, to standard error.")
    var verbose = false

    var console: Console {
        Console(noColor: noColor, quiet: quiet, environment: ProcessInfo.processInfo.environment)
    }

    var databasePath: String { Self.databasePath(option: database, environment: ProcessInfo.processInfo.environment) }

    /// Where the database is, by the XDG base directory specification.
    static func databasePath(option: String?, environment: [String: String]) -> String {
        func given(_ key: String) -> String? { environment[key].flatMap { $0.isEmpty ? nil : $0 } }
        if let path = option ?? given("VFIOFLEET_DB") { return path }
        let state = given("XDG_STATE_HOME") ?? (given("HOME") ?? "/root") + "/.local/state"
        return state + "/vfiofleet/fleet.db"
    }
}
