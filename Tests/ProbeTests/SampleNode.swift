import Fleet
import Foundation
import TestSupport
import Testing

@testable import Probe

/// A Proxmox node with one of everything that is hard to read: a card with four functions, a VMD domain, an NVMe disk
/// behind a virtual subsystem, LVM below the root, a bond below a VLAN below a bridge, a running guest, a cluster.
enum SampleNode {
    static let release = "6.8.12-4-pve"
    static let bootID = "0f3a6e1c-9a44-4a9c-8a2b-6c1f6a2d9b11"
    static let commandLine = "BOOT_IMAGE=/boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro quiet intel_iommu=on"

    static func make() throws -> SampleTree {
        let tree = try SampleTree()
        try addKernel(to: tree)
        try addFunctions(to: tree)
        try addNetwork(to: tree)
        try addDisks(to: tree)
        try addFiles(to: tree)
        try addProxmox(to: tree)
        try addTools(to: tree)
        return tree
    }

    /// What the real script and its reader see on it after `change`, in dash as in busybox.
    static func facts(_ change: (SampleTree) throws -> Void) throws -> NodeFacts {
        let tree = try make()
        try change(tree)
        let dash = try tree.answer(.dash)
        let busybox = try tree.answer(.busybox)
        #expect(
            ProbeParser.stableContent(of: dash) == ProbeParser.stableContent(of: busybox),
            "dash and busybox see the same node")
        return ProbeParser.parse(dash)
    }

    private static func addKernel(to tree: SampleTree) throws {
        try tree.file("/proc/cmdline", commandLine + "\n")
        try tree.file("/proc/sys/kernel/osrelease", release + "\n")
        try tree.file("/proc/sys/kernel/hostname", "pve1\n")
        try tree.file("/proc/sys/kernel/random/boot_id", bootID + "\n")
        for name in ["nouveau", "snd_hda_intel"] { try tree.file("/sys/module/\(name)/initstate", "live\n") }
        try tree.file("/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-0 partition 8388604 512 -2\n")
        try tree.file(
            "/proc/cpuinfo",
            """
            processor\t: 0
            vendor_id\t: GenuineIntel
            model name\t: Intel(R) Core(TM) i5-9600K CPU @ 3.70GHz
            address sizes\t: 39 bits physical, 48 bits virtual

            processor\t: 1
            vendor_id\t: Other

            """)
        try tree.directory("/sys/firmware/efi/efivars")
        try tree.file(
            "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c", "\u{6}\0\0\0\u{1}")
        try tree.directory("/sys/class/iommu/dmar0")
        for group in 0...2 { try tree.directory("/sys/kernel/iommu_groups/\(group)") }
        try tree.file("/sys/kernel/irq/24/chip_name", "IR-PCI-MSI-0000:01:00.0\n")
    }

    // MARK: PCI

    private static func addFunctions(to tree: SampleTree) throws {
        try tree.directory("/sys/bus/pci/devices")
        let root = "pci0000:00"
        try function(tree, "\(root)/0000:00:01.0", "0x060400", "0x8086:0x1901", group: 1, driver: "pcieport", bus: true)
        let card = "\(root)/0000:00:01.0"
        try function(
            tree, "\(card)/0000:01:00.0", "0x030000", "0x10de:0x1f02", group: 1, driver: "nouveau", module: "nouveau",
            more: [
                "boot_vga": "1", "reset_method": "flr bus", "max_link_speed": "8.0 GT/s PCIe", "max_link_width": "16",
                "current_link_speed": "2.5 GT/s PCIe", "current_link_width": "8", "power_state": "D3hot",
                "resource": """
                0x00000000a3000000 0x00000000a3ffffff 0x0000000000040200
                0x0000000090000000 0x000000009fffffff 0x000000000014220c
                0x0000000000000000 0x0000000000000000 0x0000000000000000
                0x00000000a0000000 0x00000000a1ffffff 0x000000000014220c
                0x0000000000000000 0x0000000000000000 0x0000000000000000
                0x0000000000004000 0x000000000000407f 0x0000000000040101
                0x00000000000c0000 0x00000000000dffff 0x0000000000000212
                """,
            ])
        try function(
            tree, "\(card)/0000:01:00.1", "0x040300", "0x10de:0x10f9", group: 1, driver: "snd_hda_intel",
            module: "snd_hda_intel")
        try function(
            tree, "\(card)/0000:01:00.2", "0x0c0330", "0x10de:0x1ada", group: 1, driver: "xhci_hcd", module: "xhci_pci")
        try function(
            tree, "\(card)/0000:01:00.3", "0x0c8000", "0x10de:0x1adb", group: 1, more: ["driver_override": "vfio-pci"])
        try function(
            tree, "\(root)/0000:00:0e.0", "0x010400", "0x8086:0x467f", group: 2, driver: "vmd", module: "vmd",
            more: ["numa_node": "1"])
        try function(
            tree, "\(root)/0000:00:0e.0/pci10000:e0/10000:e0:06.0", "0x010802", "0x144d:0xa80a", driver: "nvme",
            module: "nvme")
        try function(
            tree, "\(root)/0000:00:1f.6", "0x020000", "0x8086:0x15bc", group: 0, driver: "e1000e", module: "e1000e",
            more: ["sriov_totalvfs": "7", "sriov_numvfs": "1"])
        try function(tree, "\(root)/0000:00:1f.7", "0x020000", "0x8086:0x15bd", group: 0)
        try tree.link("/sys/devices/\(root)/0000:00:1f.7/physfn", to: "/sys/devices/\(root)/0000:00:1f.6")
    }

    private static func function(
        _ tree: SampleTree, _ path: String, _ code: String, _ id: String, group: Int? = nil, driver: String? = nil,
        module: String? = nil, bus: Bool = false, more: [String: String] = [:]
    ) throws {
        let directory = "/sys/devices/" + path
        let ids = id.split(separator: ":")
        var attributes = [
            "class": code, "vendor": String(ids[0]), "device": String(ids[1]), "subsystem_vendor": "0x1462",
            "subsystem_device": "0x3733", "revision": "0xa1", "driver_override": "(null)", "numa_node": "-1",
            "power_state": "D0", "modalias": "pci:v\(ids[0].dropFirst(2))d\(ids[1].dropFirst(2))",
        ]
        attributes.merge(more) { $1 }
        for (name, value) in attributes { try tree.file("\(directory)/\(name)", value + "\n") }
        let address = String(path.split(separator: "/").last ?? "")
        try tree.link("/sys/bus/pci/devices/" + address, to: directory)
        if let group { try tree.link("\(directory)/iommu_group", to: "/sys/kernel/iommu_groups/\(group)") }
        if bus { try tree.directory("\(directory)/pci_bus/0000:01") }
        guard let driver else { return }
        try tree.directory("/sys/bus/pci/drivers/\(driver)")
        try tree.link("\(directory)/driver", to: "/sys/bus/pci/drivers/\(driver)")
        guard let module,
            !FileManager.default.fileExists(atPath: tree.folder.path + "/sys/bus/pci/drivers/\(driver)/module")
        else { return }
        try tree.directory("/sys/module/\(module)")
        try tree.link("/sys/bus/pci/drivers/\(driver)/module", to: "/sys/module/\(module)")
    }

    // MARK: Network and disks

    private static func addNetwork(to tree: SampleTree) throws {
        let card = "/sys/devices/pci0000:00/0000:00:1f.6"
        try tree.file("\(card)/net/eno1/address", "00:11:22:33:44:55\n")
        try tree.link("\(card)/net/eno1/device", to: card)
        try tree.link("/sys/class/net/eno1", to: "\(card)/net/eno1")
        for name in ["vmbr0", "bond0", "bond0.5", "tap100i0"] {
            try tree.file("/sys/devices/virtual/net/\(name)/address", "02:00:00:00:00:01\n")
            try tree.link("/sys/class/net/\(name)", to: "/sys/devices/virtual/net/\(name)")
        }
        let virtual = "/sys/devices/virtual/net"
        try tree.directory("\(virtual)/vmbr0/bridge")
        try tree.link("\(virtual)/vmbr0/brif/bond0.5", to: "\(virtual)/bond0.5")
        try tree.link("\(virtual)/vmbr0/brif/tap100i0", to: "\(virtual)/tap100i0")
        try tree.link("\(virtual)/bond0.5/lower_bond0", to: "\(virtual)/bond0")
        try tree.file("\(virtual)/bond0/bonding/slaves", "eno1\n")
    }

    private static func addDisks(to tree: SampleTree) throws {
        let controller = "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/nvme/nvme0"
        try tree.directory(controller)
        let subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys0"
        try tree.link("\(subsystem)/nvme0", to: controller)
        let disk = "\(subsystem)/nvme0n1"
        for (name, number) in [("", "259:0"), ("/nvme0n1p2", "259:2"), ("/nvme0n1p3", "259:3")] {
            try tree.file("\(disk)\(name)/dev", number + "\n")
            let block = name.isEmpty ? "nvme0n1" : String(name.dropFirst())
            try tree.link("/sys/class/block/\(block)", to: disk + name)
        }
        for (name, mapper, number) in [
            ("dm-0", "pve-swap", "252:0"), ("dm-1", "pve-root", "252:1"), ("dm-7", "pve-vm--100--disk--0", "252:7"),
        ] {
            let volume = "/sys/devices/virtual/block/\(name)"
            try tree.file("\(volume)/dm/name", mapper + "\n")
            try tree.file("\(volume)/dev", number + "\n")
            try tree.link("\(volume)/slaves/nvme0n1p3", to: disk + "/nvme0n1p3")
            try tree.link("/sys/class/block/\(name)", to: volume)
        }
        try tree.file("/run/udev/data/b259:3", "S:disk/by-id/x\nE:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=Abc-1\n")
        try tree.file(
            "/run/udev/data/b259:2",
            "E:ID_FS_TYPE=vfat\nE:ID_FS_UUID=6D31-87F4\nE:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n")
    }

    // MARK: Files

    private static func addFiles(to tree: SampleTree) throws {
        try tree.file("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='quiet'\nGRUB_CMDLINE_LINUX=\"\"\necho noise\n")
        try tree.file(
            "/etc/default/grub.d/zz-own.cfg",
            "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on \\\niommu=pt\"\n")
        try tree.file("/etc/modules", "vfio\nvfio_pci\n")
        try tree.link("/etc/modules-load.d/modules.conf", to: "../modules")
        try tree.file("/etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:1f02")  // no line feed at its end
        try tree.file("/etc/modprobe.d/binary.conf", "#\0\u{1b}[2J\n@t3stn0nce2 > 0\n")
        try tree.file("/etc/hosts", "127.0.0.1 localhost\n192.0.2.10 pve1.example.org pve1 # own\n")
        try tree.file("/etc/kernel/proxmox-boot-uuids", "6D31-87F4\n")
        try tree.file(
            "/boot/grub/grub.cfg",
            """
            set default="0"
            menuentry 'Proxmox VE GNU/Linux' --class proxmox {
            \tload_video
            \techo\t'Loading Linux 6.8.12-4-pve ...'
            \tlinux\t/boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro quiet intel_iommu=on
            \tinitrd\t/boot/initrd.img-6.8.12-4-pve
            }
            submenu 'Advanced options for Proxmox VE GNU/Linux' {
            \tmenuentry 'Proxmox VE GNU/Linux, with Linux 6.8.12-4-pve (recovery mode)' {
            \t\tlinux\t/boot/vmlinuz-6.8.12-4-pve root=/dev/mapper/pve-root ro single
            \t}
            }

            """)
        try tree.file("/boot/vmlinuz-6.8.12-4-pve", "")
        try tree.file("/boot/initrd.img-6.8.12-4-pve", "")
        try tree.file("/boot/initrd.img-6.5.13-1-pve", "")
        let old = [FileAttributeKey.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)]
        for name in ["etc/modules", "etc/modprobe.d/vfio.conf", "boot/initrd.img-6.5.13-1-pve"] {
            try FileManager.default.setAttributes(old, ofItemAtPath: tree.folder.path + "/" + name)
        }
    }

    private static func addProxmox(to tree: SampleTree) throws {
        try tree.directory("/etc/pve/nodes/pve1/qemu-server")
        try tree.directory("/etc/pve/nodes/pve1/lxc")
        try tree.link("/etc/pve/local", to: "nodes/pve1")
        try tree.link("/etc/pve/qemu-server", to: "nodes/pve1/qemu-server")
        try tree.link("/etc/pve/lxc", to: "nodes/pve1/lxc")
        try tree.file("/etc/pve/nodes/pve1/qemu-server/100.conf", "bios: ovmf\nhostpci0: 01:00,pcie=1\n")
        try tree.file("/etc/pve/nodes/pve1/qemu-server/101.conf", "memory: 512\n")
        try tree.file("/etc/pve/nodes/pve1/lxc/200.conf", "arch: amd64\n")
        // This very process is surely alive, and is no QEMU.
        try tree.file("/run/qemu-server/101.pid", "\(ProcessInfo.processInfo.processIdentifier)\n")
        try tree.file(
            "/etc/pve/corosync.conf",
            "nodelist {\n  node {\n    name: pve1\n    ring0_addr: pve1\n  }\n}\ntotem {\n  cluster_name: prod\n}\n")
    }

    private static func addTools(to tree: SampleTree) throws {
        try tree.tool("pveversion", "echo 'pve-manager/8.4.14/b502d23c55afcba1 (running kernel: 6.8.12-4-pve)'")
        try tree.tool("qm", "exit 1")
        try tree.tool(
            "dmesg",
            """
            echo '[    0.000000] Linux version 6.8.12-4-pve'
            echo '[    0.1] DMAR-IR: Enabled IRQ remapping in x2apic mode'
            echo '[    0.2] usb 1-1: new device'
            """)
        try tree.tool(
            "modprobe",
            """
            case "$*" in
                *--showconfig) printf 'blacklist nvidiafb\\noptions vfio_pci ids=10de:1f02 disable_vga=1\\n'
                    printf 'softdep nouveau pre: vfio-pci post: drm\\nsoftdep uhci_hcd post: x\\ninstall pcspkr /bin/true\\n'
                    printf 'alias symbol:x y\\n# End of configuration files. Dumping indexes now:\\nblacklist not_config\\n' ;;
                *) for a; do case $a in
                    vfio_pci) echo vfio_pci ;;
                    *v10ded1f02) printf 'nvidiafb\\nnouveau\\n' ;;
                    *v10ded10f9) echo snd_hda_intel ;;
                    *v10ded1ada) echo xhci_pci ;; esac; done ;;
            esac
            """)
        try tree.tool(
            "lsinitramfs",
            """
            case $1 in *6.5*) echo 'cannot read it' >&2; exit 1 ;; esac
            printf '.\\nusr/lib/modules/6.8.12-4-pve/kernel/drivers/gpu/drm/nouveau/nouveau.ko.zst\\n'
            printf 'usr/lib/modules/x/vfio/vfio-pci.ko\\nusr/lib/modules/x/other.ko\\netc/modprobe.d/vfio.conf\\nconf/modules\\n'
            """)
        try tree.tool(
            "corosync-quorumtool",
            """
            printf 'Quorum information\\nDate:  %s\\nQuorate:          Yes\\n\\nExpected votes:   3\\nTotal votes:      3\\n' "$$"
            printf 'Quorum:           2  \\n\\nMembership information\\n    Nodeid      Votes    Qdevice Name\\n'
            printf '0x00000001          1    A,V,NMW 192.0.2.10 (local)\\n0x00000002  1 192.0.2.11\\n0x00000000 1 Qdevice\\n'
            """)
        try tree.tool(
            "lspci",
            "echo '0000:01:00.0 \"VGA\" \"NVIDIA Corporation\" \"TU106 [GeForce RTX 2070]\" -ra1 \"MSI\" \"x\"'")
    }
}
