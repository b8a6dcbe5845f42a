extension PlanReason {
    var forecastWords: (String, String)? {
        switch self {
        case .riskTooHigh:
            (
                "The forecast for the next boot is riskier than --max-risk allows.",
                "The message lists what speaks for trouble; mend that first, or allow more."
            )
        case .overrideUnguarded:
            (
                "A blocker is overridden on a node that would not be guarded.",
                "The guard works for the boot after the change. Without one there is nothing to put the node back."
            )
        case .overrideNotNeeded:
            ("An override was given for a node that has no such blocker.", "Leave it out, or look at the name.")
        case .networkNamePinned:
            (
                "A .link file binds a network interface's present name to its card's MAC address.",
                "A name that follows bus numbers or the order of cards may change at any boot; the bridge then waits for a port that is gone."
            )
        case .networkNameAtRisk:
            (
                "An interface that the host needs has a name that is not bound to its card.",
                "network: pin in the playbook binds it under its present name before the first reboot."
            )
        case .startingGuestTakesHost:
            (
                "A guest that starts with the node takes the host's network or storage.",
                "Proxmox takes the whole IOMMU group when a guest starts: the node comes up and is cut off a minute later, at "
                    + "each boot."
            )
        case .networkNameLost:
            (
                "A kernel argument takes away the name of an interface that the host needs.",
                "/etc/network/interfaces goes on with the old name, so the bridge has no port and the node is not reached. "
                    + "network: pin binds the name first; a .link file counts whatever net.ifnames says."
            )
        case .networkNameNotPinnable:
            (
                "An interface's name can't be bound to its card.",
                "Without a MAC address of its own there is nothing to tell the card by; pin it by hand (systemd.link), or use network: check."
            )
        default: nil
        }
    }
}

extension RiskCode {
    /// What speaks for trouble, and what to do about it.
    var explanation: Explanation {
        let (what, why, command) = words
        return Explanation(rawValue, .risk, what, why: "\(why) It adds \(points) points of 100.", see: command)
    }

    private var words: (String, String, String?) { hostWords ?? deviceWords }

    private var hostWords: (String, String, String?)? {
        switch self {
        case .neededNameUncertain:
            (
                "An interface that the host needs may have another name after the boot.",
                "Its bridge would come up without a port, and the node would be cut off. Pin the name: network: pin.",
                "networkctl status; ls /etc/systemd/network"
            )
        case .nameUncertain:
            (
                "An interface may have another name after the boot.",
                "Nothing the host needs is known to sit on it.", "ls -l /sys/class/net"
            )
        case .neededInterfaceLost:
            (
                "An interface that the host needs goes to guests.",
                "The node is cut off by this boot, unless it has another way. Leave that card to the host.",
                "ip route show default; ls -l /sys/class/net"
            )
        case .neededNameNotPinned:
            (
                "An interface that the host needs keeps its name only as long as cards and firmware stay as they are.",
                "network: pin in the playbook binds the name to the card.", "ls -l /sys/class/net /etc/systemd/network"
            )
        case .memoryTight:
            (
                "Guests with devices pin all their memory, and those that start with the node leave little for it.",
                "Ballooning gives nothing back. Set onboot: 0 for some, or give them less.",
                "grep -l hostpci /etc/pve/qemu-server/*.conf | xargs grep -E '^(memory|onboot)'; free -m"
            )
        case .consoleLost:
            (
                "The host's screen goes dark early in the boot.",
                "Should the node not come back, there is no picture to see why. A serial console or another card helps.",
                "cat /sys/bus/pci/devices/*/boot_vga"
            )
        case .noRemoteConsole:
            (
                "The node has no management controller's display.",
                "Should it not come back, someone must go to it. Let such nodes follow those that have one.",
                "lspci | grep -iE 'aspeed|matrox'"
            )
        case .otherKernel:
            (
                "The next boot starts another kernel than the running one.",
                "Drivers and names may differ for reasons that this plan has no part in. Reboot into it first, or pin the running one.",
                "uname -r; proxmox-boot-tool kernel list"
            )
        case .onlyKernel:
            ("One kernel is installed.", "There is none to fall back to in the boot menu.", "ls /boot/vmlinuz-*")
        case .pendingChanges:
            (
                "The boot settings hold arguments with which the node was never booted.",
                "The reboot brings somebody else's change along. Find out whose it is, or reboot before.",
                "cat /proc/cmdline; grep -m1 linux /boot/grub/grub.cfg"
            )
        case .bootConfiguration:
            (
                "The boot loader's configuration is generated anew.",
                "Everything that was changed in its sources since the last time takes effect, too.",
                "cat /boot/grub/grub.cfg"
            )
        case .quorumLost:
            (
                "Without this node the cluster has too few votes.",
                "Guests under HA elsewhere may be fenced, and /etc/pve is read-only meanwhile.", "pvecm status"
            )
        default: nil
        }
    }

    private var deviceWords: (String, String, String?) {
        switch self {
        case .guestTakesHostFunction:
            (
                "A guest that starts with the node takes a function that the host needs.",
                "The node comes up and is cut off a minute later, at each boot. Set onboot: 0 for the guest.",
                "grep -l '^onboot: 1' /etc/pve/qemu-server/*.conf | xargs grep hostpci"
            )
        case .guestTakesUnknownGroup:
            (
                "A guest with devices starts with the node, and the groups are not known yet.",
                "With the IOMMU on, Proxmox takes the whole group. Set onboot: 0 until the groups were seen.",
                "grep -l '^onboot: 1' /etc/pve/qemu-server/*.conf | xargs grep hostpci"
            )
        case .guestStartsWithDevices:
            (
                "A guest with devices starts with the node.",
                "A device that hangs the node hangs it at each boot.", "qm config 100 | grep -E 'onboot|hostpci'"
            )
        case .driverRace:
            (
                "Two drivers claim a function, and nothing settles which is loaded first.",
                "A softdep line, or binding by address, settles it.",
                "lspci -nnk; modprobe --showconfig | grep ^softdep"
            )
        case .driverUnknown:
            ("Which driver a function will be on is not known.", "The node did not tell what claims it.", "lspci -nnk")
        case .groupsUnknown:
            (
                "The IOMMU is off, so the groups are not known.",
                "The binding itself is safe; guests get a device only after the groups were judged.",
                "ls /sys/class/iommu"
            )
        case .noReset:
            (
                "A function has no way to be reset.",
                "After its guest stops, the card may need a cold start of the node before it works again.",
                "cat /sys/bus/pci/devices/0000:01:00.0/reset_method"
            )
        default:
            (
                "The groups are smaller than what the hardware separates.",
                "A guest may reach the host's devices through its own.", "cat /proc/cmdline"
            )
        }
    }
}
