/// `pct`: manages the containers of one node, as far as running and ending them goes.
struct PCTProgram {
    let node: ProxmoxNode

    private static let vmid = PropertySchema(
        kind: .integer, isOptional: false, format: .vmid, minimum: 100, maximum: 999_999_999)

    /// The command's options beside the number.
    private static let commands: [String: [String: PropertySchema]] = [
        "config": ["current": .boolean], "status": ["verbose": .boolean],
        "start": ["skiplock": .boolean, "debug": .boolean],
        "stop": ["skiplock": .boolean, "overrule-shutdown": .boolean],
        "shutdown": ["timeout": .integer(0), "forceStop": .boolean],
    ]

    func run(_ arguments: [String], _ console: inout Console) throws {
        guard let name = arguments.first else { throw usage("no command specified") }
        let containers = ContainerCommands(node: node)
        if name == "list" { return containers.list(&console) }
        guard var schema = Self.commands[name] else { throw usage("unknown command 'pct \(name)'") }
        schema["vmid"] = Self.vmid
        let shape = CommandShape(usage: "pct \(name) <vmid> [OPTIONS]", schema: schema, positional: ["vmid"])
        do {
            let parameters = try OptionParser.parse(Array(arguments.dropFirst()), shape, &console)
            try run(name, parameters, containers, &console)
        } catch let failure as ParameterFailure {
            throw ProxmoxFailure(failure.message(usage: shape.usage), exitCode: 2)
        }
    }

    private func run(
        _ name: String, _ parameters: Parameters, _ containers: ContainerCommands, _ console: inout Console
    ) throws {
        let vmid = parameters["vmid"] ?? ""
        switch name {
        case "config": try containers.config(vmid, &console)
        case "status": try containers.status(vmid, &console)
        case "start": try containers.start(vmid, &console)
        case "stop": try containers.stop(vmid, &console)
        default:
            let seconds = parameters["timeout"].flatMap { Int($0) }
            try containers.shutdown(vmid, seconds: seconds, force: parameters.isSet("forceStop"), &console)
        }
    }

    private func usage(_ problem: String) -> ProxmoxFailure {
        let lines = (Self.commands.keys.sorted() + ["list"]).map {
            "       pct \($0)\($0 == "list" ? "" : " <vmid> [OPTIONS]")"
        }
        return ProxmoxFailure(
            "ERROR: \(problem)\nUSAGE: pct <COMMAND> [ARGS] [OPTIONS]\n\n\(lines.joined(separator: "\n"))\n")
    }
}
