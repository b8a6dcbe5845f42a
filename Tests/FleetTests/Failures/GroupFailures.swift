import TestSupport

@testable import Fleet

extension Failure {
    private static let nic = "00:1f.6"

    /// What leaves the host with a device, and what the host can't lose.
    static let groups: [Failure] = [
        Failure(
            number: "F7", name: "the host's network card is in the card's group",
            sign: .plan(.blocker, .groupHoldsHostFunction), says: ["00:1f.6", "vmbr0 → eno1", "pci_bus"],
            happens: { try $0.change(nic) { $0.group = 1 } }),
        Failure(
            number: "F7", name: "an ISA bridge is in the group, which Proxmox does not skip",
            sign: .plan(.blocker, .groupSiblingNotAccepted), says: ["00:1f.0", "accept-siblings"],
            happens: { try $0.change("00:1f.0") { $0.group = 1 } }),
        Failure(
            number: "F9", name: "the wanted device holds the host's root", sign: .plan(.blocker, .deviceUsedByHost),
            says: ["the root file system (/ → pve-root → sda)"],
            happens: { try $0.use(.rootFileSystem, "01:00.2", "/", "pve-root", "sda") }),
        Failure(
            number: "F9", name: "the wanted device carries a corosync link", sign: .plan(.blocker, .deviceUsedByHost),
            says: ["a corosync link"], happens: { try $0.use(.corosync, "01:00.3", "10.0.0.1", "eno2") }),
        Failure(
            number: "F9", name: "the wanted controller holds a guest's raw disk",
            sign: .plan(.blocker, .deviceUsedByHost),
            says: ["a guest's disk (101 scsi1 → sdb)", "/etc/pve/qemu-server"],
            happens: { try $0.use(.guestDisk, "01:00.2", "101 scsi1", "sdb") }),
        Failure(
            number: "F9", name: "the card is the only console", sign: .plan(.warning, .consoleLost),
            says: ["goes dark"],
            happens: { node in
                try node.change("00:02.0") { $0.bootVGA = false }
                try node.change("01:00.0") { $0.bootVGA = true }
            }),
        Failure(
            number: "F9", name: "a keyboard hangs off the wanted controller", sign: .plan(.warning, .hostDeviceLost),
            says: ["a keyboard"], happens: { try $0.use(.keyboard, "01:00.2", "USB Keyboard", "1-2") }),
        Failure(
            number: "F12", name: "a function of the card stays with the host",
            sign: .plan(.warning, .companionLeftBehind),
            says: ["01:00.2", "Leave out “functions”"],
            happens: { node in
                node.settings.devices[0].functions = [0, 1, 3]
                try node.change("01:00.2") { $0.group = 40 }
            }),
        Failure(
            number: "F13", name: "the host's network name may change", sign: .plan(.warning, .networkNameAtRisk),
            says: ["eth0", "network: pin"],
            happens: { node in
                let address = try Fixtures.address(nic)
                let other = try Fixtures.address("00:14.3")
                node.facts.interfaces = .known([
                    NetworkInterface(name: "eth0", mac: "02:00:00:00:00:01", function: address),
                    NetworkInterface(name: "eth1", mac: "02:00:00:00:00:02", function: other),
                ])
            }),
        Failure(
            number: "F13", name: "the playbook's arguments take the name of the host's network card away",
            sign: .plan(.blocker, .networkNameLost), says: ["net.ifnames=0", "network: pin"],
            happens: { $0.settings.kernel.all = ["net.ifnames=0"] }),
        Failure(
            number: "F13", name: "two cards have one MAC address, and no name can be pinned",
            sign: .plan(.blocker, .networkNameNotPinnable), says: ["have the same MAC address"],
            wish: { $0.network = .pin },
            before: { node in
                for name in ["enp0s31f6", "eno1"] {
                    node.file("/etc/systemd/network/10-vfiofleet-\(name).link", nil)
                }
            },
            happens: { node in
                let address = try Fixtures.address(nic)
                let other = try Fixtures.address("00:14.3")
                node.facts.interfaces = .known([
                    NetworkInterface(name: "eno1", mac: "02:00:00:00:00:01", function: address),
                    NetworkInterface(name: "eno2", mac: "02:00:00:00:00:01", function: other),
                ])
            }),
        Failure(
            number: "F35", name: "a physical function goes, with its virtual ones",
            sign: .plan(.blocker, .virtualFunctionsLost), says: ["01:00.4", "sriov_numvfs"],
            happens: { node in
                var function = try Topology.function("01:00.4", "030200", virtualOf: "01:00.0")
                function.group = 40
                function.parent = try Fixtures.address("00:01.0")
                node.add(function)
            }),
        Failure(
            number: "-", name: "nothing makes the wanted virtual function at the boot",
            sign: .plan(.warning, .virtualFunctionsNotKept), says: ["01:00.3", "sriov_numvfs is 0"],
            happens: { node in
                node.settings.devices[0].functions = [3]
                let physical = try Fixtures.address("01:00.0")
                try node.change("01:00.3") {
                    $0.physicalFunction = physical
                    $0.group = 40
                }
            }),
        Failure(
            number: "-", name: "the slot is a package of the processor", sign: .plan(.warning, .slotNotACard),
            says: ["01:00.2", "functions: [0, 1, 3]"],
            happens: { try $0.change("01:00.2") { $0.id = PCIID(vendor: 0x1022, device: 0x15b9) } }),
        Failure(
            number: "F12", name: "the card's sound is in another slot, behind the card's own switch",
            sign: .plan(.warning, .companionLeftBehind), says: ["04:00.0", "ask for 04:00 too"],
            machine: "arc-a770-own-switch", slot: "03:00",
            before: { node in
                node.settings.devices.append(DeviceRequest(name: "sound", match: .slot(try Fixtures.slot("04:00"))))
            },
            happens: { node in node.settings.devices.removeLast() }),
        Failure(
            number: "-", name: "the card is behind VMD", sign: .plan(.blocker, .deviceBehindVMD),
            says: ["Switch VMD off"],
            happens: { node in
                var disk = try Topology.function("10000:01:00.0", "010802", driver: "nvme")
                disk.modules = .known(["nvme"])
                disk.parent = try Fixtures.address("00:1b.0")
                node.add(disk)
                node.settings.devices[0].match = .slot(try Fixtures.slot("10000:01:00"))
            }),
    ]
}
