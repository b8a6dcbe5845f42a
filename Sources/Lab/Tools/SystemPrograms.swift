import Fleet

/// systemd's side of a node.
struct SystemPrograms {
    let node: NodeContext

    init(_ node: NodeContext) { self.node = node }

    /// Units that a healthy Proxmox node has running.
    private static let units: Set<String> = [
        "pve-cluster", "pvedaemon", "pveproxy", "pvestatd", "pve-guests", "pvescheduler", "ssh", "systemd-modules-load",
        "networking", "systemd-udevd", "cron", "dbus", "multi-user.target",
    ]

    func systemctl(_ arguments: [String]) throws(LabError) -> CommandOutcome {
        let words = arguments.filter { !$0.hasPrefix("-") }
        let isQuiet = arguments.contains("-q") || arguments.contains("--quiet")
        switch words.first {
        case "reboot", "poweroff": return try power(words[0], [])
        case "is-active":
            return report(words.dropFirst(), isQuiet) {
                state($0)
            } passes: {
                $0 == "active"
            }
        case "is-failed":
            return report(words.dropFirst(), isQuiet) {
                state($0)
            } passes: {
                $0 == "failed"
            }
        case "is-system-running":
            return CommandOutcome(
                exitCode: failed.isEmpty ? 0 : 1,
                standardOutput: Array((failed.isEmpty ? "running\n" : "degraded\n").utf8))
        case "start":
            for unit in words.dropFirst() { ServiceUnits(node.files).start(unit) }
            return .success("")
        case "daemon-reload", "stop", "restart", "enable", "disable", "mask", "reset-failed":
            return .success("")
        case nil, "list-units": return .success(list(arguments))
        case "status":
            let unit = words.dropFirst().first ?? ""
            return CommandOutcome(
                exitCode: state(unit) == "active" ? 0 : 3,
                standardOutput: Array("● \(unit)\n     Active: \(state(unit))\n".utf8))
        case .some(let verb): return .failure("Unknown command verb \(verb).\n", 1)
        }
    }

    private var failed: [String] {
        (node.files.text("/run/lab/failed-units") ?? "").split(separator: "\n").map(String.init)
    }

    private func state(_ unit: String) -> String {
        let name = unit.hasSuffix(".service") ? String(unit.dropLast(8)) : unit
        if failed.contains(name + ".service") { return "failed" }
        if name == "corosync" { return node.files.exists("/etc/pve/corosync.conf") ? "active" : "inactive" }
        if ServiceUnits(node.files).isActive(name + ".service") { return "active" }
        return Self.units.contains(name) ? "active" : "inactive"
    }

    private func report(
        _ units: ArraySlice<String>, _ isQuiet: Bool, _ state: (String) -> String, passes: (String) -> Bool
    ) -> CommandOutcome {
        let states = units.map(state)
        let text = isQuiet ? "" : states.map { $0 + "\n" }.joined()
        let status: Int32 = states.contains(where: passes) ? 0 : (states.contains("failed") ? 1 : 3)
        return CommandOutcome(exitCode: status, standardOutput: Array(text.utf8))
    }

    private func list(_ arguments: [String]) -> String {
        let isFailedOnly = arguments.contains("--failed") || arguments.contains("--state=failed")
        let shown = isFailedOnly ? failed : failed + Self.units.sorted().map { $0 + ".service" }
        let isPlain = arguments.contains("--no-legend") || arguments.contains("--plain")
        let lines = shown.map { unit in
            (isPlain ? "" : "● ")
                + "\(unit) loaded \(failed.contains(unit) ? "failed failed" : "active running") \(unit)\n"
        }
        return lines.joined() + (isPlain ? "" : "\n\(shown.count) loaded units listed.\n")
    }

    /// Returns before the connections drop, as the real commands do.
    func power(_ name: String, _ arguments: [String]) throws(LabError) -> CommandOutcome {
        if node.has("refuses-reboot") {
            return .failure(
                "Failed to set wall message, ignoring: Interactive authentication required.\n"
                    + "Call to Reboot failed: Access denied\n", 1)
        }
        let isReboot = name == "reboot" || (name == "shutdown" && arguments.contains("-r"))
        try node.ask("\(isReboot ? "reboot" : "poweroff") \(node.facts.name)")
        return .success("")
    }
}
