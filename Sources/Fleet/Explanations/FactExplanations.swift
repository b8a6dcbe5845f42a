extension Explanations {
    /// From the hardware up to the guest.
    static let facts: [Explanation] = [
        Explanation(
            "iommu", .fact,
            "The IOMMU stands between devices and memory and translates every address a device uses, as the CPU's memory "
                + "unit does for programs. Intel calls it VT-d, AMD calls it AMD-Vi.",
            why:
                "Without it a device in a guest could read and write the memory of the host and of other guests. Proxmox "
                + "refuses to start a guest with a PCI device while it is off. It has to be on in the firmware's settings and "
                + "in the kernel; recent kernels switch it on by themselves.",
            see: "ls /sys/class/iommu; journalctl -k -b 0 | grep -E 'DMAR|AMD-Vi'"),
        Explanation(
            "iommu-group", .fact,
            "A group is the smallest set of PCI functions that the IOMMU can tell apart from others. What is in one group "
                + "can reach each other's memory.",
            why:
                "A group goes to a guest as a whole: when the guest starts, Proxmox takes every member but bridges away from "
                + "the host. If the host's network card or disk is in the group of the GPU, the host loses it. Another slot, "
                + "or another firmware setting, may give other groups.",
            see: "for d in /sys/kernel/iommu_groups/*/devices/*; do echo \"$d\"; done"),
        Explanation(
            "vfio-pci", .fact,
            "vfio-pci is the driver that holds a device for a guest instead of using it. It does nothing with the device by "
                + "itself.",
            why:
                "A GPU that an ordinary driver has touched may not start cleanly in a guest, so vfio-pci should have it from "
                + "the boot on. Its option ids= names the vendor:device pairs it takes.",
            see: "lspci -nnk -s 01:00"),
        Explanation(
            "driver-override", .fact,
            "A file beside each PCI device in sysfs. When it holds a driver's name, only that driver may bind the device.",
            why:
                "It names one device by its address, where ids= takes every device of a kind: the way to tell two equal cards "
                + "apart.",
            see: "cat /sys/bus/pci/devices/0000:01:00.0/driver_override"),
        Explanation(
            "boot-loader", .fact,
            "The program that loads the kernel and gives it its command line. Proxmox nodes use GRUB, or systemd-boot where "
                + "the root is on ZFS and Secure Boot is off.",
            why:
                "Each reads another file: GRUB /etc/default/grub, systemd-boot /etc/kernel/cmdline. An edit of the wrong one "
                + "changes nothing. Which one booted shows in the running kernel's command line: BOOT_IMAGE= is GRUB, "
                + "initrd=\\EFI\\proxmox\\ is systemd-boot.",
            see: "cat /proc/cmdline; proxmox-boot-tool status"),
        Explanation(
            "initramfs", .fact,
            "A small file system that is loaded together with the kernel. It holds the drivers and settings that are needed "
                + "before the disk can be read.",
            why:
                "Drivers in it bind devices before any file on disk is read, and it has its own copy of /etc/modprobe.d. A "
                + "changed setting has no effect before update-initramfs has built it anew.",
            see: "lsinitramfs /boot/initrd.img-$(uname -r) | grep -E 'modprobe.d|vfio'"),
        Explanation(
            "softdep", .fact,
            "A line in /etc/modprobe.d: “softdep nouveau pre: vfio-pci” has vfio-pci loaded before nouveau.",
            why:
                "The first driver that is loaded and fits a device gets it. The line decides that race, and leaves the other "
                + "driver to the devices vfio-pci does not ask for. It can't help against drivers compiled into the kernel.",
            see: "modprobe --showconfig | grep ^softdep"),
        Explanation(
            "blacklist", .fact,
            "A line in /etc/modprobe.d that keeps a module from being loaded because a device asks for it.",
            why:
                "It keeps a driver off all devices, also those the host needs. A module that is listed in /etc/modules, or "
                + "that another module needs, is loaded all the same.",
            see: "modprobe --showconfig | grep ^blacklist"),
        Explanation(
            "hostpci", .fact,
            "The lines hostpci0 to hostpci15 in a guest's configuration: which PCI functions it gets. pcie=1 shows the device "
                + "on a PCI Express port (machine type q35), x-vga=1 makes it the guest's first display.",
            why:
                "A change of them takes effect when the guest is stopped and started, not when it is rebooted from inside.",
            see: "qm config 100 | grep ^hostpci"),
        Explanation(
            "host-critical", .fact,
            "What the host can't lose: the functions behind its network (default route, bridges, bonds, VLANs, corosync, the "
                + "address you came in on), its storage (root, boot partitions, swap, ZFS, LVM, Ceph, mounts, disks that guests "
                + "have as they are), its only console, TPM, management controller and watchdog.",
            why:
                "No plan takes such a function, nor a device whose IOMMU group holds one, nor a bridge or controller that one "
                + "sits behind. Keyboards, licence dongles and power supplies on USB are warned of. It is traced from what the "
                + "node uses now: a cable, disk or bridge that is moved changes it.",
            see: "vfiofleet show NODE --critical"),
        Explanation(
            "reserved-regions", .fact,
            "Memory that the firmware wants a device to reach where it is. The kernel lists it for each IOMMU group.",
            why:
                "Lines of the kind “direct” keep the whole group from guests: some servers reserve such memory for every slot. "
                + "Those of the kind “direct-relaxable” (graphics, USB) and “msi” are in nobody's way.",
            see: "grep . /sys/kernel/iommu_groups/*/reserved_regions"),
        Explanation(
            "resource-mapping", .fact,
            "A name for PCI devices that is valid in the whole cluster (Datacenter, Resource Mappings). Guests say mapping=NAME "
                + "instead of an address.",
            why:
                "Each node has its own address behind the name, so a guest can move. Proxmox compares the card with the mapping "
                + "when the guest starts, and refuses one that was exchanged.",
            see: "pvesh get /cluster/mapping/pci --check-node $(hostname)"),
        Explanation(
            "override", .fact,
            "A blocker that an operator lets pass on one node, by naming both: apply --override NODE:CODE.",
            why:
                "It may be \(OverridableReason.allCases.map(\.rawValue).joined(separator: ", ")), and only where the node could "
                + "still put itself back: it needs its disks, its TPM and its watchdog for that, but no network. Without a guard "
                + "(confirm-within: never), or without a reboot, it is refused. It is part of the plan's digest, asks for the "
                + "node's name again, and stands in the journal and the audit log. The guard covers the boot after the change: "
                + "what a guest takes when it is started later is not covered.",
            see: "vfiofleet audit list"),
        Explanation(
            "boot-id", .fact,
            "A random number that the kernel makes once for each boot.",
            why: "It is the only proof that a node has rebooted: a new connection may well be to the old boot.",
            see: "cat /proc/sys/kernel/random/boot_id"),
    ]
}
