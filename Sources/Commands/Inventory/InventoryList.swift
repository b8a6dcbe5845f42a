internal import ArgumentParser
internal import Fleet
internal import Forms

struct InventoryList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the nodes.",
        discussion: """
            Examples:
              vfiofleet inventory list
              vfiofleet inventory list 'label:rack=a*' --json
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let nodes = try await context.select(selection.selector, in: try context.openStore())
        if json {
            try context.console.writeJSON(nodes)
            return .good
        }
        var table = Table([
            .init("NODE"), .init("ADDRESS", flexible: true), .init("USER"), .init("CLUSTER"),
            .init("GROUPS", flexible: true), .init("LABELS", flexible: true),
        ])
        for node in nodes {
            let port = node.connection.port.map { ":\($0)" } ?? ""
            let labels = node.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            table.add([
                .init(node.name.description), .init(node.connection.address + port),
                .init(node.connection.user ?? ""), .init(node.cluster ?? ""),
                .init(node.groups.sorted().joined(separator: " ")), .init(labels.joined(separator: " ")),
            ])
        }
        context.console.write(table)
        return .good
    }
}
