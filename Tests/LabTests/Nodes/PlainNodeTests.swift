import Foundation
import TestSupport
import Testing

/// What a node shows of itself beside its cards: firmware, disks, interrupts, network.
@Suite(.serialized) struct PlainNodeTests {
    static let name = "intel-z390-rtx2070"

    @Test func aBIOSNodeHasFirmwareTablesAndNoEFI() async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {firmware: bios, root: ext4}")
        let result = try await fleet.ssh(Self.name, "ls -d /sys/firmware/acpi /sys/firmware/efi")
        #expect(result.output == "/sys/firmware/acpi\n")
        #expect(result.error.contains("No such file or directory"))
        try await fleet.down()
    }

    /// A way to set a node up, and what must then be found on the last partition of its root disk.
    struct Root: CustomTestStringConvertible, Sendable {
        var setup: String
        var partitions: Int
        var type: String
        var testDescription: String { setup }
    }

    @Test(arguments: [
        Root(setup: "{firmware: bios, root: ext4}", partitions: 1, type: "ext4"),
        Root(setup: "{firmware: uefi, root: ext4}", partitions: 3, type: "ext4"),
        Root(setup: "{firmware: bios, root: lvm}", partitions: 3, type: "LVM2_member"),
        Root(setup: "{firmware: uefi, root: zfs}", partitions: 3, type: "zfs_member"),
    ])
    func udevTellsWhatIsOnTheRootDisk(_ root: Root) async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: \(root.setup)")
        let result = try await fleet.ssh(
            Self.name,
            """
            set -- /sys/class/block/*/partition
            echo $#
            shift $(($# - 1))
            sed -n 's/^E:ID_FS_TYPE=//p' "/run/udev/data/b$(cat "${1%/*}/dev")"
            """)
        #expect(result.output == "\(root.partitions)\n\(root.type)\n", "\(result.transcript)")
        try await fleet.down()
    }

    @Test func aMirrorHasTwoLegsAndComesUpWithOne() async throws {
        let name = "amd-b550-gpu-in-chipset-slot"
        let fleet = try await LabFleet.up(
            [name],
            setup: "defaults: {loader: systemd-boot, root_disk: nvme0n1, mirror_disk: sda, reboot_seconds: 0.1}")
        #expect(try await legs(fleet, name) == ["/dev/nvme0n1p3", "/dev/sda3"])
        let parts = try await fleet.ssh(name, "cd /sys/class/block; ls -d sda? nvme0n1p?")
        #expect(parts.output.split(separator: "\n").count == 6, "\(parts.transcript)")
        // vfio-pci takes the controller of one leg.
        let options = "options vfio-pci ids=1022:43eb\\nsoftdep ahci pre: vfio-pci\\n"
        let change = "printf '\(options)' >/etc/modprobe.d/vfio.conf; update-initramfs -u -k all; systemctl reboot"
        _ = try await fleet.ssh(name, change)
        #expect(try await fleet.returns(name, after: 1))
        #expect(try await legs(fleet, name) == ["/dev/nvme0n1p3", "9261843077148512345"])
        try await fleet.down()
    }

    private func legs(_ fleet: LabFleet, _ name: String) async throws -> [String] {
        let status = try await fleet.ssh(
            name, "zpool status -LP | awk '/mirror-0/ { on = 1; next } on && $2 ~ /ONLINE|UNAVAIL/ { print $1 }'")
        return status.output.split(separator: "\n").map(String.init)
    }

    /// The network's files wait for the names that the cards had.
    @Test func anArgumentThatTurnsNamesOverCutsTheNodeOff() async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {reboot_seconds: 0.1}")
        let change = "sed -i 's/quiet/quiet net.ifnames=0/' /etc/default/grub; update-grub"
        let pin = """
            for card in /sys/class/net/*/device; do
                card=${card%/device}; name=${card##*/}
                printf '[Match]\\nMACAddress=%s\\n\\n[Link]\\nName=%s\\n' "$(cat $card/address)" "$name" \\
                    >/etc/systemd/network/10-$name.link
            done
            """
        _ = try await fleet.ssh(Self.name, "\(pin)\n\(change); systemctl reboot")
        #expect(try await fleet.returns(Self.name, after: 1))
        #expect(try await fleet.ssh(Self.name, "cat /proc/cmdline").output.contains("net.ifnames=0"))
        _ = try await fleet.ssh(Self.name, "rm /etc/systemd/network/*.link; systemctl reboot")
        #expect(try await !fleet.returns(Self.name, after: 2, within: .seconds(2)))
        let node = try await fleet.node(Self.name)
        #expect(node.reason?.contains("no card has that name") == true, "\(node)")
        try await fleet.down()
    }

    /// On a kernel without bonds too.
    @Test func aBridgeOnABondHasTheAddress() async throws {
        let name = "amd-b550-gpu-in-chipset-slot"
        let fleet = try await LabFleet.up([name], setup: "defaults: {bond: bond0, ports: [enp1s0f0, enp5s0]}")
        let result = try await fleet.ssh(name, "ip -o -4 addr show dev vmbr0; cat /proc/net/route")
        #expect(
            result.output.contains("192.0.2.11/24") && result.output.contains("vmbr0\t00000000"), "\(result.transcript)"
        )
        try await fleet.down()
    }

    @Test func everyDiskHasANumberOfItsOwn() async throws {
        let names = try LabFleet.allMachines()
        let fleet = try await LabFleet.up(names)
        for name in names {
            let result = try await fleet.ssh(name, "cat /sys/class/block/*/dev | sort | uniq -d")
            #expect(result.output == "", "\(name)")
        }
        try await fleet.down()
    }

    @Test(arguments: [("quiet", "IR-"), ("quiet intel_iommu=off", "IR-"), ("quiet intremap=off", "")])
    func interruptsAreRemappedUnlessTurnedOff(_ commandLine: String, _ prefix: String) async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {iommu: \"on\", cmdline: \"\(commandLine)\"}")
        let chips = try await fleet.ssh(Self.name, "cat /sys/kernel/irq/*/chip_name | sort -u").output
        #expect(chips == "\(prefix)IO-APIC\n\(prefix)PCI-MSI\n")
        let log = try await fleet.ssh(Self.name, "dmesg | grep -c 'Enabled IRQ remapping'").output
        #expect(log == (prefix.isEmpty ? "0\n" : "1\n"))
        try await fleet.down()
    }

    @Test func theAddressIsOnTheCardWhereThereIsNoBridge() async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {bridge: none}")
        let result = try await fleet.ssh(
            Self.name, "ip -j route show default; ls /sys/class/net; grep -c bridge /etc/network/interfaces")
        #expect(result.output.contains(#""dev":"enp0s31f6""#), "\(result.transcript)")
        #expect(!result.output.contains("vmbr0"))
        #expect(result.output.hasSuffix("\n0\n"))
        try await fleet.down()
    }

    @Test func aLoginComesInOnTheNodesAddress() async throws {
        let fleet = try await LabFleet.up([Self.name])
        let result = try await fleet.ssh(Self.name, "set -- $SSH_CONNECTION; echo $3; ip -o addr show vmbr0")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "192.0.2.11")
        #expect(lines.dropFirst().contains { $0.contains("inet 192.0.2.11/24") }, "\(result.transcript)")
        try await fleet.down()
    }

    @Test func upSaysWhichNodesAreNotUp() async throws {
        let folder = try TemporaryFolder()
        let setup = try folder.write(
            """
            nodes:
              fine: {machine: \(Self.name)}
              mute: {machine: \(Self.name), files: {/etc/modprobe.d/no.conf: "blacklist e1000e\\n"}}

            """, to: "setup.yaml")
        let lab = Program.built("vfiofleet-lab")
        let place = ["--dir", folder.path(of: "lab")]
        let result = try await lab.run(["up", "--machines", LabFleet.machines, "--setup", setup] + place)
        #expect(result.status == 0, "\(result.transcript)")
        #expect(result.output.hasPrefix("1 of 2 nodes is up. Inventory: "))
        #expect(result.output.contains("\nmute: the card enp0s31f6 of the management network has no driver\n"))
        #expect(try await lab.run(["down"] + place).status == 0)
    }
}
