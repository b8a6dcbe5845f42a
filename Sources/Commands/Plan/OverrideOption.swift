internal import ArgumentParser
internal import Fleet

/// `--override NODE:CODE`, for commands that make or carry out plans.
struct OverrideOption: ParsableArguments {
    @Option(
        name: .customLong("override"),
        help: ArgumentHelp(
            "Let this one blocker of this one node pass; see vfiofleet explain override. May be repeated.",
            valueName: "node:code"))
    var texts: [String] = []

    func overrides() throws -> [NodeOverride] { try Set(texts.map { try NodeOverride(parsing: $0) }).sorted() }
}
