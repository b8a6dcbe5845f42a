extension RuleID {
    /// What the rule asks of a node.
    public var explanation: Explanation {
        switch self {
        case .check(let check): check.explanation
        case .observed:
            Explanation(
                description, .check, "The node can be looked at.",
                why:
                    "A node that can't be reached is not known to be as asked: its other rules stand as they were last seen."
            )
        }
    }
}

extension CheckID {
    /// What a link of the proof chain proves.
    var explanation: Explanation {
        let (what, why, command) = words
        return Explanation(rawValue, .check, what, why: why, see: command)
    }

    private var words: (what: String, why: String, command: String) {
        switch self {
        case .files:
            (
                "The settings files on disk hold what the playbook asks for.",
                "Everything else is made from them. They alone prove nothing: the node boots from what was generated of them.",
                "cat /etc/default/grub /etc/modules /etc/modprobe.d/*.conf"
            )
        case .initramfs:
            (
                "The settings are inside every initramfs, and none is older than what it is made from.",
                "The first drivers are loaded by what is inside, whatever the files on disk say. update-initramfs -u -k all "
                    + "builds them anew.",
                "lsinitramfs /boot/initrd.img-$(uname -r) | grep modprobe.d"
            )
        case .bootConfiguration:
            (
                "The boot loader's generated configuration has the kernel arguments.",
                "A changed /etc/default/grub does nothing before update-grub, and /etc/kernel/cmdline nothing before "
                    + "proxmox-boot-tool refresh.",
                "grep -m1 vmlinuz /boot/grub/grub.cfg"
            )
        case .kernelCommandLine:
            (
                "The running kernel was booted with the arguments.",
                "It is what the kernel really received. If the boot configuration has them and this has not, the node waits "
                    + "for its reboot.",
                "cat /proc/cmdline"
            )
        case .iommu:
            (
                "The IOMMU is on: units and groups exist in sysfs.",
                "Proxmox makes the same test before it starts a guest with a device. An argument on the command line is no "
                    + "proof, and its absence no disproof.",
                "ls /sys/class/iommu; ls /sys/kernel/iommu_groups | wc -l"
            )
        case .present:
            (
                "The wanted functions are where the playbook says.",
                "Addresses move when cards are added, removed or put into another slot.", "lspci -Dnn"
            )
        case .driver:
            (
                "Each wanted function is on vfio-pci, or on no driver where nothing else can take it.",
                "This is what all the settings are for. A function on another driver says which one won, and why.",
                "lspci -nnk"
            )
        case .group:
            (
                "Nothing the host needs shares an IOMMU group with a wanted function.",
                "Proxmox takes the whole group when the guest starts.", "ls /sys/kernel/iommu_groups/*/devices"
            )
        case .guestConfiguration:
            (
                "The guest's configuration has the devices and options.",
                "Equal meanings count as equal: pcie=1 and pcie=on, 01:00.0 and 0000:01:00.0.", "qm config 100"
            )
        case .guestProcess:
            (
                "The running guest has the devices among its arguments.",
                "A changed configuration waits until the guest is stopped and started. A guest that does not run has no such "
                    + "link.",
                "qm showcmd 100 --pretty; tr '\\0' '\\n' </proc/$(cat /run/qemu-server/100.pid)/cmdline"
            )
        }
    }
}
