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

    /// Where a function hangs: every bridge on the way to it.
    static func place(of function: PCIFunction) -> Evidence {
        let above = function.parent.map { "behind \($0)" } ?? "on a root bus"
        return Evidence(command: "readlink -f \(path(function.address))", output: "\(function.address) \(above)")
    }

    static func groups(of functions: [PCIFunction]) -> Evidence {
        let paths = functions.map { "\(path($0.address))/iommu_group" }.joined(separator: " ")
        let lines = functions.map { "\($0.address) \($0.group.map(String.init) ?? "none")" }
        return Evidence(command: "readlink \(paths)", output: lines.joined(separator: "\n"))
    }

    static func virtualFunctions(of physical: PCIAddress, _ functions: [PCIFunction]) -> Evidence {
        Evidence(
            command: "readlink \(path(physical))/virtfn*",
            output: functions.map(\.address.description).joined(separator: "\n"))
    }

    static func iommuUnits(_ units: [String]) -> Evidence {
        Evidence(command: "ls /sys/class/iommu", output: units.joined(separator: "\n"))
    }

    static func kernelLog(_ lines: [String]) -> Evidence {
        Evidence(command: "journalctl -k -b 0 | grep -E 'DMAR|AMD-Vi|IVRS'", output: lines.joined(separator: "\n"))
    }

    static var remapping: Evidence {
        Evidence(command: "journalctl -k -b 0 | grep -E 'IRQ remapping|nterrupt remapping'", output: "")
    }

    static func functions(_ functions: [PCIFunction]) -> Evidence {
        Evidence(command: "lspci -Dnn", output: functions.map { "\($0.address) \($0.id)" }.joined(separator: "\n"))
    }

    /// What Proxmox takes of a group: what is left when its own test is made.
    static func taken(_ group: Int, _ members: [PCIFunction]) -> Evidence {
        Evidence(
            command:
                "for d in /sys/kernel/iommu_groups/\(group)/devices/*; do [ -e $d/pci_bus ] || echo ${d##*/}; done",
            output: members.filter { !$0.hasSecondaryBus }.map(\.address.description).joined(separator: "\n"))
    }

    static func use(_ use: HostUse) -> Evidence {
        let place: String
        switch use.purpose {
        case .console: place = "cat \(path(use.function))/boot_vga; lspci -Dnn -d ::03xx"
        case .guestDisk: place = "grep -H /dev/ /etc/pve/qemu-server/*.conf /etc/pve/lxc/*.conf"
        case .keyboard, .licenceDongle, .powerSupply: place = "readlink -f /sys/bus/usb/devices/\(use.path.last ?? "")"
        default: place = command(for: use)
        }
        return Evidence(command: place, output: words(use))
    }

    private static func command(for use: HostUse) -> String {
        guard let last = use.path.last else { return "readlink -f \(path(use.function))" }
        switch use.purpose {
        case .defaultRoute, .management, .bridgePort, .bondPort, .vlanParent, .networkAddress, .corosync:
            return "readlink -f /sys/class/net/\(last)/device"
        case .tpm, .ipmi, .watchdog, .serialConsole: return "readlink -f /sys/class/*/\(last)/device"
        default: return "readlink -f /sys/class/block/\(last)"
        }
    }

    /// `default-route: vmbr0 → eno1 → 0000:00:1f.6`
    static func words(_ use: HostUse) -> String {
        "\(use.purpose.rawValue): \(way(use)) → \(use.function)"
    }

    /// What the host needs a function for, each purpose once: `the default route (vmbr0 → eno1), a bridge (vmbr0 → eno1)`.
    /// A use that only rests on the function names the one it is on.
    static func needs(_ uses: [HostUse], on address: PCIAddress) -> String {
        var seen: Set<HostUse.Purpose> = []
        return uses.filter { seen.insert($0.purpose).inserted }.map { use in
            let end = use.function == address ? "" : " → \(use.function.short)"
            return "\(use.purpose.words) (\(way(use))\(end))"
        }.joined(separator: ", ")
    }

    private static func way(_ use: HostUse) -> String {
        ([use.subject] + use.path.filter { $0 != use.subject }).joined(separator: " → ")
    }

    static func lines(of path: String, _ lines: [String]) -> Evidence {
        Evidence(command: "cat \(path)", output: lines.joined(separator: "\n"))
    }

    private static func path(_ address: PCIAddress) -> String { "/sys/bus/pci/devices/\(address)" }
}
