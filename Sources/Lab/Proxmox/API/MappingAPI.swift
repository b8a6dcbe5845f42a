/// The cluster's PCI resource mappings.
struct MappingAPI {
    let call: APICall

    private static let map = PropertySchema(kind: .array, format: .properties(.mapping))

    static let creation: [String: PropertySchema] = [
        "id": .text(.configID).required, "map": map.required, "description": .text(), "mdev": .boolean,
        "live-migration-capable": .boolean,
    ]

    static let change: [String: PropertySchema] = [
        "map": map, "description": .text(), "mdev": .boolean, "live-migration-capable": .boolean,
        "delete": .text(.configIDList), "digest": PropertySchema(maximumLength: 64),
    ]

    private var files: NodeFiles { call.node.files }
    private var id: String { call.path["mapping"] ?? "" }

    var list: JSON {
        let mappings = PCIMappings.load(files)
        return .array(
            mappings.order.compactMap { id in
                guard let mapping = mappings.mappings[id] else { return nil }
                var fields = fields(mapping, mappings.digest)
                fields["id"] = .string(id)
                if let node = call.parameters["check-node"] { fields["checks"] = .array(checks(id, mapping, node)) }
                return .object(fields)
            })
    }

    private func checks(_ id: String, _ mapping: PCIMappings.Mapping, _ node: String) -> [JSON] {
        let maps = mapping.alternatives(on: node)
        if maps.isEmpty { return [check("warning", "No mapping for node \(node).")] }
        let inventory = PCIInventory(files: files)
        return maps.compactMap { mapping.problem(id: id, $0, inventory) }
            .map { check("error", "Invalid configuration: \($0)\n") }
    }

    private func check(_ severity: String, _ message: String) -> JSON {
        .object(["severity": .string(severity), "message": .string(message)])
    }

    private func fields(_ mapping: PCIMappings.Mapping, _ digest: String) -> [String: JSON] {
        var fields: [String: JSON] = [
            "digest": .string(digest), "map": .array(mapping.maps.map(JSON.string)), "type": .string("pci"),
        ]
        fields["description"] = mapping.description.map(JSON.string)
        for (name, value) in mapping.flags { fields[name] = Int(value).map(JSON.number) ?? .string(value) }
        return fields
    }

    func get() throws -> JSON {
        let mappings = PCIMappings.load(files)
        guard let mapping = mappings.mappings[id] else { throw ProxmoxFailure("mapping '\(id)' not found") }
        return .object(fields(mapping, mappings.digest))
    }

    func create() throws -> JSON {
        var mappings = PCIMappings.load(files)
        let id = call.parameters["id"] ?? ""
        if mappings.mappings[id] != nil {
            throw ProxmoxFailure("create hardware mapping failed: pci ID '\(id)' already defined")
        }
        var mapping = PCIMappings.Mapping()
        assign(to: &mapping)
        mappings.add(id, mapping)
        try mappings.save(files)
        return .null
    }

    func update() throws -> JSON {
        var mappings = PCIMappings.load(files)
        if let digest = call.parameters["digest"], digest != mappings.digest {
            throw ProxmoxFailure("detected modified configuration - file changed by other user? Try again.")
        }
        guard var mapping = mappings.mappings[id] else {
            throw ProxmoxFailure("update hardware mapping failed: mapping '\(id)' not found")
        }
        for option in splitList(call.parameters["delete"] ?? "") {
            if option == "description" { mapping.description = nil } else { mapping.flags[option] = nil }
        }
        assign(to: &mapping)
        mappings.mappings[id] = mapping
        try mappings.save(files)
        return .null
    }

    private func assign(to mapping: inout PCIMappings.Mapping) {
        if let maps = call.parameters.lists["map"] { mapping.maps = maps }
        if let description = call.parameters["description"] { mapping.description = description }
        for name in ["mdev", "live-migration-capable"] {
            if let value = call.parameters[name] { mapping.flags[name] = value }
        }
    }

    func delete() throws -> JSON {
        var mappings = PCIMappings.load(files)
        mappings.remove(id)
        try mappings.save(files)
        return .null
    }
}
