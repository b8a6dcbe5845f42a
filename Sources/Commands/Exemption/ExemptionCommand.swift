internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

struct ExemptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exemption", abstract: "Answer for it that a rule does not hold, until a day.",
        discussion: """
            Examples:
              vfiofleet exemption
              vfiofleet exemption grant pve01 --rule driver --until 2027-03-01 --reason 'card on loan'
            """,
        subcommands: [ExemptionGrant.self, ExemptionList.self, ExemptionWithdraw.self],
        defaultSubcommand: ExemptionList.self)
}

struct ExemptionGrant: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Exempt a node from a rule.",
        discussion: """
            Examples:
              vfiofleet exemption grant pve01 --rule driver --device 0000:01:00.0 --until 2027-03-01 \\
                  --reason 'card on loan to the lab'
            """)

    @Argument(help: "The node.") var node: String
    @Option(help: ArgumentHelp("The rule; every rule when left out.", valueName: "rule")) var rule: String?
    @Option(help: ArgumentHelp("The function or guest it is about, as compliance shows it.", valueName: "device"))
    var device: String?
    @Option(help: ArgumentHelp("The first day on which it counts no longer.", valueName: "YYYY-MM-DD")) var until:
        String
    @Option(help: "Why.") var reason: String
    @Option(help: ArgumentHelp("Who answers for it; whoever gives the command when left out.", valueName: "name"))
    var owner: String?
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        guard let name = NodeName(node) else {
            throw FleetError("node-unknown", "“\(node.printableLine)” is not the name of a node.")
        }
        let exemption = Exemption(
            node: name, rule: try rule.map(Self.rule), device: device.map(Self.device), owner: owner ?? Context.actor,
            reason: reason,
            expiresAt: try Self.day(until))
        let id = try await context.openStore().exempt(exemption, at: Context.now, by: Context.actor)
        context.console.writeLine("exemption \(id.rawValue)")
        return .good
    }

    private static func rule(_ text: String) throws(FleetError) -> RuleID {
        if let rule = RuleID(text) { return rule }
        let words = RuleID.all.map(\.description)
        let near = nearest(to: text, in: words).map { "Did you mean “\($0)”? " } ?? ""
        throw FleetError(
            "rule-unknown", "“\(text.printableLine)” is no rule.",
            advice: "\(near)Rules: \(words.joined(separator: ", ")).")
    }

    /// Results name functions in full.
    private static func device(_ text: String) -> String { PCIAddress(text)?.description ?? text }

    /// Its first moment in UTC. Nothing but a day that there is: Foundation reads more, and takes 31 February for 3 March.
    private static func day(_ text: String) throws(FleetError) -> Timestamp {
        let format = Date.ISO8601FormatStyle().year().month().day()
        guard let date = try? Date(text, strategy: format), date.formatted(format) == text else {
            throw FleetError(
                "day-invalid", "“\(text.printableLine)” is no day of the calendar.",
                advice: "Write it as in 2027-03-01.")
        }
        return Timestamp(milliseconds: Int64(date.timeIntervalSince1970) * 1000)
    }
}

struct ExemptionList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the exemptions that count, or all there ever were.",
        discussion: """
            Examples:
              vfiofleet exemption list
              vfiofleet exemption list --all --json
            """)

    @Flag(help: "Those that expired or were withdrawn, too.") var all = false
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let entries = try await context.openStore().exemptions(countingAt: all ? nil : Context.now)
            .map(ExemptionDocument.init)
        if json {
            try context.console.writeJSON(entries)
            return .good
        }
        var table = Table([
            .init("ID", right: true), .init("NODE"), .init("RULE"), .init("DEVICE"), .init("UNTIL"), .init("OWNER"),
            .init("REASON", flexible: true), .init("WITHDRAWN"),
        ])
        for entry in entries {
            table.add([
                .init("\(entry.id)"), .init(entry.node), .init(entry.rule ?? "all"), .init(entry.device ?? "all"),
                .init(entry.until), .init(entry.owner.printableLine), .init(entry.reason.printableLine),
                .init(entry.withdrawnAt ?? ""),
            ])
        }
        context.console.write(table)
        if entries.isEmpty { context.console.note("No node is exempt from anything.") }
        return .good
    }
}

struct ExemptionWithdraw: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw", abstract: "Take an exemption back.",
        discussion: """
            Example:
              vfiofleet exemption withdraw 4
            """)

    @Argument(help: "Its number, as list shows it.") var id: Int64
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try await context.openStore().withdraw(Exemption.ID(rawValue: id), at: Context.now, by: Context.actor)
        return .good
    }
}
