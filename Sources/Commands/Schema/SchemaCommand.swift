internal import ArgumentParser
internal import Documents

struct SchemaCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of inventories or playbooks, for editors.",
        discussion: """
            Example, with the YAML language server:
              vfiofleet schema playbook > playbook.schema.json
            """)

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case inventory
        case playbook
    }

    @Argument(help: "inventory or playbook.") var kind: Kind
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let schema: DocumentSchema = kind == .inventory ? .inventory : .playbook
        context.console.write(schema.text)
        return .good
    }
}
