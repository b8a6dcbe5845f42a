/// `pvesh`: the API from a shell.
struct PVESHProgram {
    let node: ProxmoxNode

    private static let usage = """
        USAGE: pvesh <COMMAND> [ARGS] [OPTIONS]

               pvesh create <api_path> [OPTIONS] [FORMAT_OPTIONS]
               pvesh delete <api_path> [OPTIONS] [FORMAT_OPTIONS]
               pvesh get <api_path> [OPTIONS] [FORMAT_OPTIONS]
               pvesh ls <api_path> [OPTIONS] [FORMAT_OPTIONS]
               pvesh set <api_path> [OPTIONS] [FORMAT_OPTIONS]
               pvesh usage <api_path> [OPTIONS]

               pvesh help [<extra-args>] [OPTIONS]

        """

    func run(_ arguments: [String], _ console: inout Console) throws {
        guard let method = arguments.first else { throw ProxmoxFailure("ERROR: no command specified\n" + Self.usage) }
        guard ["create", "delete", "get", "set"].contains(method) else {
            throw ProxmoxFailure("ERROR: unknown command 'pvesh \(method)'\n" + Self.usage)
        }
        guard arguments.count > 1 else {
            throw ProxmoxFailure(
                "400 not enough arguments\npvesh \(method) <api_path> [OPTIONS] [FORMAT_OPTIONS]", exitCode: 2)
        }
        try run(method, path: arguments[1], Array(arguments.dropFirst(2)), &console)
    }

    private func run(_ method: String, path: String, _ arguments: [String], _ console: inout Console) throws {
        let parts = path.split(separator: "/").map(String.init)
        let found = APIRoutes.all.lazy.compactMap { route in
            route.method == method ? route.match(parts).map { (route, $0) } : nil
        }.first
        guard let (route, values) = found else {
            throw ProxmoxFailure("No '\(method)' handler defined for '\(path)'")
        }
        do {
            let parameters = try OptionParser.parse(arguments, route.shape, &console)
            try route.checkPath(values)
            if let peer = peer(values["node"]) {
                return try ask(peer, [method, path] + arguments, &console)
            }
            try assertReachable(values["node"])
            let result = try route.body(APICall(node: node, path: values, parameters: parameters), &console)
            show(result, parameters, &console)
        } catch let failure as ParameterFailure {
            throw ProxmoxFailure(failure.message(usage: route.shape.usage), exitCode: 2)
        }
    }

    /// Another member of the cluster that is there.
    private func peer(_ name: String?) -> String? {
        let membership = ClusterMembership(node: node)
        guard let name, name != node.name, name != "localhost", membership.members.contains(where: { $0.name == name }),
            membership.isOnline(name)
        else { return nil }
        return name
    }

    /// As the original does it: over SSH.
    private func ask(_ peer: String, _ arguments: [String], _ console: inout Console) throws {
        let outcome = node.askPeer(peer, ["/usr/sbin/pvesh"] + arguments)
        guard outcome.exitCode == 0 else { throw ProxmoxFailure(outcome.outputText, exitCode: outcome.exitCode) }
        console.printUTF8(outcome.outputText)
    }

    /// Another node's part of the API would be asked for over the network.
    private func assertReachable(_ name: String?) throws {
        guard let name, name != node.name, name != "localhost" else { return }
        throw ProxmoxFailure(
            "hostname lookup '\(name)' failed - failed to get address info for: \(name): Name or service not known",
            exitCode: 2)
    }

    private func show(_ result: JSON, _ parameters: Parameters, _ console: inout Console) {
        if result == .null || parameters.isSet("quiet") { return }
        switch parameters["output-format"] ?? "text" {
        case "json": console.printUTF8(result.compact + "\n")
        case "json-pretty": console.printUTF8(result.pretty() + "\n")
        default: console.printUTF8(TextTable.render(result))
        }
    }
}

/// The table that `pvesh` prints where no format is asked for, as on a terminal without UTF-8.
enum TextTable {
    static func render(_ value: JSON) -> String {
        switch value {
        case .array(let rows):
            let objects = rows.compactMap { if case .object(let fields) = $0 { fields } else { nil } }
            if objects.isEmpty { return rows.map { $0.plain + "\n" }.joined() }
            let columns = Set(objects.flatMap(\.keys)).sorted()
            return table(columns, objects.map { row in columns.map { row[$0]?.plain ?? "" } })
        case .object(let fields):
            return table(["key", "value"], fields.sorted { $0.key < $1.key }.map { [$0.key, $0.value.plain] })
        default:
            return value.plain + "\n"
        }
    }

    private static func table(_ header: [String], _ rows: [[String]]) -> String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].unicodeScalars.count }.max() ?? 0
        }
        let line = { (fill: String) in "+" + widths.map { String(repeating: fill, count: $0 + 2) + "+" }.joined() + "\n"
        }
        let text = { (cells: [String]) in
            "|" + zip(cells, widths).map { " " + padded(right: $0, $1) + " |" }.joined() + "\n"
        }
        return line("-") + text(header) + line("=") + rows.map { text($0) + line("-") }.joined()
    }
}
