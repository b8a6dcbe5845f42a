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
