/// One method of Proxmox' API: `get /nodes/{node}/qemu/{vmid}/config`.
struct APIRoute: Sendable {
    typealias Body = @Sendable (APICall, inout Console) throws -> JSON

    let method: String
    /// Parts in braces are parameters.
    let path: String
    var schema: [String: PropertySchema] = [:]
    let body: Body

    init(_ method: String, _ path: String, _ schema: [String: PropertySchema] = [:], _ body: @escaping Body) {
        self.method = method
        self.path = path
        self.schema = schema
        self.body = body
    }

    private static let pathSchema: [String: PropertySchema] = [
        "node": .text(.node), "mapping": .text(.configID),
        "vmid": PropertySchema(kind: .integer, format: .vmid, minimum: 100, maximum: 999_999_999),
        "function": .text(),
    ]

    /// The parameters in a path; nil where it is another path.
    func match(_ parts: [String]) -> [String: String]? {
        let pattern = path.split(separator: "/").map(String.init)
        guard pattern.count == parts.count else { return nil }
        var values: [String: String] = [:]
        for (name, part) in zip(pattern, parts) {
            if name.hasPrefix("{") {
                values[String(name.dropFirst().dropLast())] = part
            } else if name != part {
                return nil
            }
        }
        return values
    }

    /// The options with the parameters of the path, to check all of them alike.
    var shape: CommandShape {
        let required = schema.filter { !$0.value.isOptional }.sorted { $0.key < $1.key }
            .map { " --\($0.key) <\($0.value.kind.rawValue)>" }
        let usage = "pvesh \(method) <api_path>\(required.joined()) [OPTIONS] [FORMAT_OPTIONS]"
        return CommandShape(usage: usage, schema: schema.merging(Self.format) { a, _ in a })
    }

    func checkPath(_ values: [String: String]) throws {
        let schema = Self.pathSchema.filter { values[$0.key] != nil }
        try CommandShape(usage: "", schema: schema).verify(Parameters(values: values))
    }

    private static let format: [String: PropertySchema] = [
        "output-format": .oneOf("text", "json", "json-pretty", "yaml"), "noborder": .boolean, "noheader": .boolean,
        "quiet": .boolean, "human-readable": .boolean,
    ]
}

/// One request: the parameters of the path and of the command line.
struct APICall {
    let node: ProxmoxNode
    let path: [String: String]
    var parameters: Parameters

    var guests: GuestCommands { GuestCommands(node: node) }
    var vmid: String { path["vmid"] ?? "" }

    /// The parameters as the guest commands take them.
    var guestParameters: Parameters {
        var result = parameters
        for name in ["output-format", "noborder", "noheader", "quiet", "human-readable"] { result.values[name] = nil }
        if let vmid = path["vmid"] { result.values["vmid"] = vmid }
        return result
    }
}
