/// Evidence in the form of the command that a person could type and what it would have printed.
enum Seen {
    static func commandLine(_ line: String) -> Evidence {
        Evidence(command: "cat /proc/cmdline", output: line)
    }

    static func driver(of function: PCIFunction) -> Evidence {
        Evidence(
            command: "basename \"$(readlink \(path(function.address))/driver)\"",
            output: function.driver?.description ?? "")
    }

    static func group(_ group: Int, _ members: [PCIFunction]) -> Evidence {
        Evidence(
            command: "ls /sys/kernel/iommu_groups/\(group)/devices",
            output: members.map(\.address.description).joined(separator: "\n"))
    }

    static func iommuUnits(_ units: [String]) -> Evidence {
        Evidence(command: "ls /sys/class/iommu", output: units.joined(separator: "\n"))
    }

    static func kernelLog(_ lines: [String]) -> Evidence {
        Evidence(command: "journalctl -k -b 0 | grep -E 'DMAR|AMD-Vi|IVRS'", output: lines.joined(separator: "\n"))
    }

    static func functions(_ functions: [PCIFunction]) -> Evidence {
        Evidence(command: "lspci -Dnn", output: functions.map { "\($0.address) \($0.id)" }.joined(separator: "\n"))
    }

    static func use(_ use: HostUse) -> Evidence {
        Evidence(command: "readlink -f \(path(use.function))", output: words(use))
    }

    /// `default-route: vmbr0 → eno1 → 0000:00:1f.6`
    static func words(_ use: HostUse) -> String {
        let way = [use.subject] + use.path.filter { $0 != use.subject } + [use.function.description]
        return "\(use.purpose.rawValue): " + way.joined(separator: " → ")
    }

    static func lines(of path: String, _ lines: [String]) -> Evidence {
        Evidence(command: "cat \(path)", output: lines.joined(separator: "\n"))
    }

    private static func path(_ address: PCIAddress) -> String { "/sys/bus/pci/devices/\(address)" }
}
