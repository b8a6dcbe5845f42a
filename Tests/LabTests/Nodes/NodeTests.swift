import Foundation
import TestSupport
import Testing

/// One simulated node, through the real OpenSSH client.
@Suite(.serialized) struct NodeTests {
    static let name = "intel-z390-rtx2070"

    /// What the guide's reader writes, with the soft dependencies that it lacks.
    static let guide = """
        set -e
        sed -i 's/^GRUB_CMDLINE_LINUX_DEFAULT=.*/GRUB_CMDLINE_LINUX_DEFAULT="quiet intel_iommu=on iommu=pt"/' \
            /etc/default/grub
        echo 'options vfio-pci ids=10de:1f02,10de:10f9,10de:1ada,10de:1adb disable_vga=1' >/etc/modprobe.d/vfio.conf
        for driver in nouveau snd_hda_intel xhci_pci i2c_nvidia_gpu; do
            echo "softdep $driver pre: vfio-pci" >>/etc/modprobe.d/vfio.conf
        done
        printf 'vfio\\nvfio_iommu_type1\\nvfio_pci\\n' >>/etc/modules
        """
    static let drivers =
        "for i in 0 1 2 3; do basename \"$(readlink /sys/bus/pci/devices/0000:01:00.$i/driver)\"; done"

    @Test func showsItsOwnSystem() async throws {
        let fleet = try await LabFleet.up([Self.name])
        let result = try await fleet.ssh(
            Self.name,
            "hostname; uname -r; cat /proc/cmdline; cat /proc/sys/kernel/random/boot_id; findmnt -no SOURCE /")
        let node = try await fleet.node(Self.name)
        #expect(
            result.output.split(separator: "\n").map(String.init) == [
                Self.name, "6.8.12-15-pve",
                "BOOT_IMAGE=/boot/vmlinuz-6.8.12-15-pve root=/dev/mapper/pve-root ro quiet", node.bootID,
                "/dev/mapper/pve-root",
            ], "\(result.transcript)")
        let route = try await fleet.ssh(Self.name, "ip -j route show default; bridge link; modinfo -n vfio-pci")
        #expect(route.output.contains(#""dev":"vmbr0""#), "\(route.transcript)")
        #expect(route.output.contains("master vmbr0"))
        #expect(route.output.contains("drivers/vfio/pci/vfio-pci.ko"))
        try await fleet.down()
    }

    @Test func onlyGeneratedConfigurationCounts() async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {reboot_seconds: 0.2}")
        let before = ["nouveau", "snd_hda_intel", "xhci_hcd", "nvidia-gpu"]
        #expect(try await fleet.ssh(Self.name, Self.guide).status == 0)
        try await reboot(fleet)
        // Neither update-grub nor update-initramfs ran: the soft dependencies hold for what loads from the root file
        // system, the command line and what the initramfs binds are as before.
        let stale = try await fleet.ssh(Self.name, "cat /proc/cmdline; \(Self.drivers)")
        #expect(!stale.output.contains("intel_iommu"), "\(stale.transcript)")
        #expect(stale.output.contains(before[0]))
        #expect(try await fleet.ssh(Self.name, "update-grub && update-initramfs -u -k all").status == 0)
        #expect(
            try await fleet.ssh(Self.name, Self.drivers).output
                == stale.output.split(separator: "\n").dropFirst().map { $0 + "\n" }.joined())
        try await reboot(fleet)
        let after = try await fleet.ssh(Self.name, "cat /proc/cmdline; \(Self.drivers); journalctl -k -b 0")
        #expect(after.output.contains("quiet intel_iommu=on iommu=pt\nvfio-pci\nvfio-pci\nvfio-pci\nvfio-pci\n"))
        #expect(after.output.contains("DMAR: IOMMU enabled"))
        try await fleet.down()
    }

    @Test func aSystemdBootNodeReadsTheKernelCommandLineFile() async throws {
        let setup = "nodes: {pve1: {machine: \(Self.name), loader: systemd-boot, reboot_seconds: 0.2}}"
        let fleet = try await LabFleet.up([Self.name], setup: setup)
        let change = "sed -i 's/$/ intel_iommu=on/' /etc/kernel/cmdline; proxmox-boot-tool refresh; systemctl reboot"
        _ = try await fleet.ssh("pve1", change)
        #expect(try await fleet.returns("pve1", after: 1))
        let line = try await fleet.ssh("pve1", "cat /proc/cmdline; proxmox-boot-tool status")
        #expect(line.output.hasPrefix(#"initrd=\EFI\proxmox\6.8.12-15-pve\initrd.img-6.8.12-15-pve root=ZFS="#))
        #expect(line.output.contains("boot=zfs quiet intel_iommu=on\n"), "\(line.transcript)")
        #expect(line.output.contains("6D31-87F4 is configured with: uefi (versions: 6.8.12-15-pve)"))
        try await fleet.down()
    }

    /// udev is a script of the same stage, and those without prerequisites run in the order of their names.
    @Test(arguments: [("00-early", "vfio-pci"), ("vfio", "xhci_hcd")])
    func scriptsOfTheInitramfsRunInTheirOrder(_ name: String, _ driver: String) async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {reboot_seconds: 0.2}")
        let script = """
            set -- \(name)
            cat >/etc/initramfs-tools/scripts/init-top/$1 <<'END'
            #!/bin/sh
            [ "$1" = prereqs ] && exit
            echo vfio-pci >/sys/bus/pci/devices/0000:01:00.2/driver_override
            modprobe -i vfio-pci
            END
            chmod +x /etc/initramfs-tools/scripts/init-top/$1
            echo vfio-pci >>/etc/initramfs-tools/modules
            update-initramfs -u
            """
        #expect(try await fleet.ssh(Self.name, script).status == 0)
        try await reboot(fleet)
        let drivers = try await fleet.ssh(
            Self.name, Self.drivers + "; cat /sys/bus/pci/devices/0000:01:00.2/driver_override")
        #expect(drivers.output == "nouveau\nsnd_hda_intel\n\(driver)\nnvidia-gpu\nvfio-pci\n", "\(drivers.transcript)")
        try await fleet.down()
    }

    @Test func aNodeWhoseCardIsTakenDoesNotComeBack() async throws {
        let fleet = try await LabFleet.up([Self.name], setup: "defaults: {reboot_seconds: 0.1}")
        let change = """
            printf 'options vfio-pci ids=8086:15bc\\nsoftdep e1000e pre: vfio-pci\\n' >/etc/modprobe.d/vfio.conf
            update-initramfs -u -k all && systemctl reboot
            """
        _ = try await fleet.ssh(Self.name, change)
        #expect(try await !fleet.returns(Self.name, after: 1, within: .seconds(2)))
        let node = try await fleet.node(Self.name)
        #expect(node.power == "unreachable")
        #expect(node.boots == 2)
        try await fleet.down()
    }

    /// Measured on Debian: an image built with `MODULES=dep` while vfio-pci has the card lacks the card's own driver.
    @Test func aSmallImageHoldsTheDisplayDriversInUse() async throws {
        let fleet = try await LabFleet.up(
            [Self.name],
            setup: "defaults: {reboot_seconds: 0.2, initramfs: {modules: dep, display: false}, cmdline: intel_iommu=on}"
        )
        let inside = "lsinitramfs /boot/initrd.img-6.8.12-15-pve | sed -n 's|.*/gpu/drm/.*/||p'"
        #expect(try await fleet.ssh(Self.name, inside).output == "i915.ko\nnouveau.ko\n")
        let bound = try await fleet.ssh(Self.name, Self.guide + "\nupdate-grub && update-initramfs -u -k all")
        #expect(bound.status == 0, "\(bound.transcript)")
        #expect(try await fleet.ssh(Self.name, inside).output == "i915.ko\nnouveau.ko\n")
        try await reboot(fleet)
        #expect(try await fleet.ssh(Self.name, "update-initramfs -u -k all").status == 0)
        #expect(try await fleet.ssh(Self.name, inside).output == "i915.ko\n")
        try await fleet.down()
    }

    /// A value may be two lines; what others hold does not move by that.
    @Test func aValueOfTwoLinesLeavesTheOthersTheirMeaning() async throws {
        let fleet = try await LabFleet.up([Self.name])
        let change = "printf '%s\\n' \"GRUB_CMDLINE_LINUX='a=1 \\\\\" \"b=2'\" >>/etc/default/grub; update-grub"
        let written = try await fleet.ssh(Self.name, change)
        #expect(written.status == 0, "\(written.transcript)")
        let menu = try await fleet.ssh(
            Self.name, "grep -E 'set default=\"[^$]' /boot/grub/grub.cfg; grep -c 'b=2 quiet' /boot/grub/grub.cfg")
        #expect(menu.output == "   set default=\"0\"\n2\n", "\(menu.transcript)")
        try await fleet.down()
    }

    private func reboot(_ fleet: LabFleet) async throws {
        let boots = try await fleet.node(Self.name).boots
        let before = try await fleet.node(Self.name).bootID
        let result = try await fleet.ssh(Self.name, "systemctl reboot; sleep 10; echo still here")
        #expect(result.status == 255)
        #expect(!result.output.contains("still here"))
        #expect(try await fleet.returns(Self.name, after: boots))
        #expect(try await fleet.node(Self.name).bootID != before)
    }
}
