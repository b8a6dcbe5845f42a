internal import ArgumentParser

/// `--max-risk`, for commands that make plans.
struct RiskOption: ParsableArguments {
    @Option(
        name: .customLong("max-risk"),
        help: ArgumentHelp("Block nodes whose forecast is riskier than this (0 to 100).", valueName: "score"))
    var maxRisk: Int?

    func validate() throws {
        if let maxRisk, !(0...100).contains(maxRisk) {
            throw ValidationError("--max-risk is a number from 0 to 100, found \(maxRisk).")
        }
    }
}
