import Fleet
import Glibc

/// Programs of a node that the lab's own binary answers for, under their names.
enum NodeProgram {
    static let names: Set<String> = Set(ProxmoxCommand.programs).union([
        "update-grub", "grub-mkconfig", "update-initramfs", "lsinitramfs", "proxmox-boot-tool", "systemctl", "reboot",
        "poweroff", "shutdown",
    ])

    static func run(_ name: String, _ arguments: [String]) -> Int32 {
        let outcome = outcome(name, arguments)
        emit(1, outcome.standardOutput)
        emit(2, outcome.standardError)
        return outcome.exitCode
    }

    private static func outcome(_ name: String, _ arguments: [String]) -> CommandOutcome {
        let node = NodeContext()
        do throws(LabError) {
            switch name {
            case "update-grub", "grub-mkconfig": return try BootPrograms(node).updateGrub(name, arguments)
            case "update-initramfs": return try BootPrograms(node).updateInitramfs(arguments)
            case "lsinitramfs": return try BootPrograms(node).listInitramfs(arguments)
            case "proxmox-boot-tool": return try BootPrograms(node).proxmoxBootTool(arguments)
            case "systemctl": return try SystemPrograms(node).systemctl(arguments)
            case "reboot", "shutdown", "poweroff": return try SystemPrograms(node).power(name, arguments)
            default: return proxmox(name, arguments, node)
            }
        } catch {
            return .failure("\(name): \(error.description)\n", 1)
        }
    }

    private static func proxmox(_ name: String, _ arguments: [String], _ node: NodeContext) -> CommandOutcome {
        let release = ProxmoxRelease(manager: node.facts.proxmoxVersion)
        let proxmox = ProxmoxNode(name: node.facts.name, release: release)
        return ProxmoxCommand.run(program: name, arguments: arguments, node: proxmox)
    }

    private static func emit(_ descriptor: Int32, _ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// The node that a program runs on.
struct NodeContext {
    let files: NodeFiles
    let facts: NodeFacts
    /// Asks the lab's supervisor.
    var ask: (String) throws(LabError) -> Void = { request throws(LabError) in
        _ = try ControlSocket.ask("/run/lab/control", request)
    }

    init(files: NodeFiles = NodeFiles(root: "")) {
        self.files = files
        facts = NodeFacts(files)
    }

    func has(_ fault: String) -> Bool { files.exists("/run/lab/fault-\(fault)") }
}
