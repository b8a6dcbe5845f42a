/// JSON Schemas (draft 2020-12) of our documents, for editors. Made of the tables the documents are read by.
public enum DocumentSchema: String, CaseIterable, Sendable {
    case inventory
    case playbook
    case config

    /// The schema as indented JSON.
    public var text: String { json.text }

    var json: JSON {
        let shape =
            switch self {
            case .inventory: InventoryKeys.document
            case .playbook: PlaybookKeys.document
            case .config: ServiceKeys.document
            }
        guard case .object(let members) = shape.schema else { return shape.schema }
        let head: [JSON.Member] = [
            .init(key: "$schema", value: "https://json-schema.org/draft/2020-12/schema"),
            .init(key: "title", value: .string("vfiofleet \(rawValue)")),
        ]
        return .object(head + members)
    }
}
