/// `qm`: manages the guests of one node.
struct QMProgram {
    let node: ProxmoxNode

    private typealias Body = @Sendable (GuestCommands, Parameters, inout Console) throws -> Void

    private struct Command {
        let shape: CommandShape
        let body: Body
    }

    func run(_ arguments: [String], _ console: inout Console) throws {
        guard let first = arguments.first else { throw usage("no command specified") }
        if first == "help" {
            console.print(QMUsage.text)
            return
        }
        guard let (name, command, rest) = find(arguments) else { throw usage("unknown command 'qm \(first)'") }
        guard let command else {
            throw ProxmoxFailure("qm \(name): a simulated node can't do that")
        }
        do {
            let parameters = try OptionParser.parse(rest, command.shape, &console)
            try command.body(GuestCommands(node: node), parameters, &console)
        } catch let failure as ParameterFailure {
            throw ProxmoxFailure(failure.message(usage: command.shape.usage), exitCode: 2)
        }
    }

    private func usage(_ problem: String) -> ProxmoxFailure {
        ProxmoxFailure("ERROR: \(problem)\n\(QMUsage.text)")
    }

    /// The command by its name of one or two words, or by as much of the name as fits no other.
    private func find(_ arguments: [String]) -> (String, Command?, [String])? {
        if arguments.count > 1 {
            let name = arguments[0] + " " + arguments[1]
            if QMUsage.lines[name] != nil { return (name, Self.commands[name], Array(arguments.dropFirst(2))) }
        }
        let names = QMUsage.lines.keys.filter { !$0.contains(" ") }
        let fitting = names.contains(arguments[0]) ? [arguments[0]] : names.filter { $0.hasPrefix(arguments[0]) }
        guard fitting.count == 1, let name = fitting.first else { return nil }
        return (name, Self.commands[name], Array(arguments.dropFirst()))
    }
}

// MARK: - Commands

extension QMProgram {
    private static let vmid = PropertySchema(
        kind: .integer, isOptional: false, format: .vmid, minimum: 100, maximum: 999_999_999)
    private static let snapshotName = PropertySchema(format: .configID, maximumLength: 40)

    private static func command(
        _ name: String, _ schema: [String: PropertySchema] = [:], positional: [String] = [],
        _ body: @escaping Body
    ) -> (String, Command) {
        var all = schema
        all["vmid"] = vmid
        let shape = CommandShape(
            usage: QMUsage.lines[name] ?? "qm \(name)", schema: all, positional: ["vmid"] + positional)
        return (name, Command(shape: shape, body: body))
    }

    private static let commands: [String: Command] = {
        let list = CommandShape(usage: QMUsage.lines["list"] ?? "qm list", schema: ["full": .boolean])
        let all = reading + changing + lifecycle + snapshots
        return Dictionary(uniqueKeysWithValues: all + [("list", Command(shape: list) { $0.list($1, &$2) })])
    }()

    private static let reading = [
        command("config", ["current": .boolean, "snapshot": snapshotName]) { try $0.config($1, &$2) },
        command("pending") { try $0.pending($1, &$2) },
        command("showcmd", ["pretty": .boolean, "snapshot": snapshotName]) { try $0.showCommand($1, &$2) },
        command("status", ["verbose": .boolean]) { try $0.status($1, &$2) },
        command("listsnapshot") { try $0.listSnapshots($1, &$2) },
    ]

    private static let changing = [
        command("set", GuestCommands.updateSchema) { try $0.update($1, &$2) },
        command("create", GuestCommands.creationSchema) { try $0.create($1, &$2) },
        command("unlock") { try $0.unlock($1, &$2) },
        command("destroy", ["skiplock": .boolean, "purge": .boolean, "destroy-unreferenced-disks": .boolean]) {
            try $0.destroy($1, &$2)
        },
    ]

    private static let timeout = PropertySchema.integer(0)

    private static let lifecycle = [
        command("start", ["skiplock": .boolean, "timeout": timeout, "machine": .text(), "force-cpu": .text()]) {
            try $0.start($1, &$2)
        },
        command(
            "stop", ["skiplock": .boolean, "timeout": timeout, "keepActive": .boolean, "overrule-shutdown": .boolean]
        ) {
            try $0.stop($1, &$2)
        },
        command("shutdown", ["skiplock": .boolean, "timeout": timeout, "forceStop": .boolean, "keepActive": .boolean]) {
            try $0.shutdown($1, &$2)
        },
        command("migrate", GuestCommands.migrationSchema, positional: ["target"]) { try $0.migrate($1, &$2) },
        command("reboot", ["timeout": timeout]) { try $0.reboot($1, &$2) },
        command("reset", ["skiplock": .boolean]) { try $0.assertRunning($1, &$2) },
        command("wait", ["timeout": timeout]) { try $0.waitUntilStopped($1, &$2) },
        command("guest cmd", ["command": PropertySchema(isOptional: false)], positional: ["command"]) {
            try $0.askAgent($1, &$2)
        },
    ]

    private static let snapshots = [
        command(
            "snapshot", ["snapname": snapshotName.required, "description": .text(), "vmstate": .boolean],
            positional: ["snapname"]
        ) { try $0.takeSnapshot($1, &$2) },
        command("delsnapshot", ["snapname": snapshotName.required, "force": .boolean], positional: ["snapname"]) {
            try $0.deleteSnapshot($1, &$2)
        },
        command("rollback", ["snapname": snapshotName.required, "start": .boolean], positional: ["snapname"]) {
            try $0.rollBack($1, &$2)
        },
    ]
}
