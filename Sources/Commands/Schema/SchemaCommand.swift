internal import ArgumentParser
internal import Documents
internal import Forms

struct SchemaCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schema of inventories, playbooks or configurations, for editors.",
        discussion: """
            Example, with the YAML language server:
              vfiofleet schema playbook > playbook.schema.json
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case inventory
        case playbook
        case config
    }

    @Argument(help: "inventory, playbook or config.") var kind: Kind
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let schema: DocumentSchema =
            switch kind {
            case .inventory: .inventory
            case .playbook: .playbook
            case .config: .config
            }
        context.console.write(schema.text)
        return .good
    }
}
