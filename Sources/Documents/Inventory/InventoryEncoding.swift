public import Fleet

extension InventoryDocument {
    /// The inventory as a file of our own format, every node with all its settings; `parse` gives the same nodes back.
    public static func encode(_ inventory: Inventory) -> String {
        let groups = Set(inventory.nodes.flatMap(\.groups)).sorted()
        var document: [JSON.Member] = []
        if !groups.isEmpty {
            document.append(.init(key: "groups", value: .object(groups.map { .init(key: $0, value: .object([])) })))
        }
        let nodes = inventory.nodes.map { JSON.Member(key: $0.name.description, value: $0.encoded) }
        document.append(.init(key: "nodes", value: .object(nodes)))
        return JSON.object(document).yaml
    }
}

extension Node {
    fileprivate var encoded: JSON {
        var members = connection.encoded
        if !labels.isEmpty {
            let pairs = labels.sorted { $0.key < $1.key }.map { JSON.Member(key: $0.key, value: .string($0.value)) }
            members.append(.init(key: "labels", value: .object(pairs)))
        }
        if let cluster { members.append(.init(key: "cluster", value: .string(cluster))) }
        if !groups.isEmpty {
            members.append(.init(key: "groups", value: .array(groups.sorted().map { .string($0) })))
        }
        return .object(members)
    }
}

extension ConnectionSettings {
    fileprivate var encoded: [JSON.Member] {
        var members = [JSON.Member(key: "address", value: .string(address))]
        if let port { members.append(.init(key: "port", value: .integer(Int(port)))) }
        if let user { members.append(.init(key: "user", value: .string(user))) }
        if !identityFiles.isEmpty {
            members.append(.init(key: "identity-file", value: .array(identityFiles.map { .string($0) })))
        }
        if !jumps.isEmpty { members.append(.init(key: "jump", value: .array(jumps.map { .string($0.text) }))) }
        if become == .sudo { members.append(.init(key: "become", value: "sudo")) }
        return members
    }
}
