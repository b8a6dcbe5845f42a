/// Proxmox' programs of a simulated node.
public enum ProxmoxCommand {
    /// The names under which a multicall binary answers. `kvm` and `lxc-start` are guests: `run` does not return from them
    /// before the process is told to end.
    public static let programs = [
        "qm", "pvesh", "pvecm", "pveversion", "ha-manager", "ceph", "pct", "kvm", "lxc-start",
    ]

    /// Runs one program to its end. An unknown program is answered as a shell does, with 127.
    public static func run(program: String, arguments: [String], node: ProxmoxNode) -> CommandOutcome {
        var console = Console()
        do {
            try run(program, arguments, node, &console)
            return outcome(0, console)
        } catch let failure as ProxmoxFailure {
            console.warn(failure.message)
            return outcome(failure.exitCode, console)
        } catch {
            console.warn("\(error)\n")
            return outcome(255, console)
        }
    }

    private static func outcome(_ exitCode: Int32, _ console: Console) -> CommandOutcome {
        CommandOutcome(exitCode: exitCode, standardOutput: console.output, standardError: console.errors)
    }

    private static func run(
        _ program: String, _ arguments: [String], _ node: ProxmoxNode, _ console: inout Console
    ) throws {
        switch program {
        case "kvm": waitForTermination()
        case "lxc-start": ContainerProcess.live(arguments)
        case "pct": try PCTProgram(node: node).run(arguments, &console)
        case "qm": try QMProgram(node: node).run(arguments, &console)
        case "pvesh": try PVESHProgram(node: node).run(arguments, &console)
        case "pvecm": try PVECMProgram(node: node).run(arguments, &console)
        case "pveversion": try PVEVersionProgram(node: node).run(arguments, &console)
        case "ha-manager": try HAManagerProgram(node: node).run(arguments, &console)
        case "ceph": try CephProgram(node: node).run(arguments, &console)
        default: throw ProxmoxFailure("sh: 1: \(program): not found", exitCode: 127)
        }
    }
}
