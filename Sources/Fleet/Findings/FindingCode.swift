/// Every kind of finding. The raw values are stable: scripts and playbooks name them.
public enum FindingCode: String, Hashable, Sendable, Codable, CodingKeyRepresentable, CaseIterable {
    // Which devices vfio-pci takes
    case idsJunk = "vfio-ids-junk"
    case idsAbsent = "vfio-ids-absent"
    case idsForeign = "vfio-ids-foreign"
    case idsHidden = "vfio-ids-hidden"
    case idsOnCommandLine = "vfio-ids-on-command-line"
    case deviceScript = "device-script"
    case hookScript = "hook-script"
    case installCommand = "install-command"

    // Modules
    case moduleObsolete = "module-obsolete"
    case moduleLoadsDriver = "module-loads-competing-driver"
    case blacklistTakesDriver = "blacklist-takes-driver"
    case blacklistNeedless = "blacklist-needless"
    case settingRepeated = "setting-repeated"

    // Kernel command line and safety
    case acsOverride = "acs-override"
    case unsafeInterrupts = "unsafe-interrupts"
    case unsignedModule = "unsigned-module"
    case argumentDead = "argument-without-effect"

    /// Whether the tool can take it out. What is a program of somebody's is left to people.
    public var isCleanable: Bool {
        switch self {
        case .deviceScript, .hookScript, .installCommand, .unsignedModule: false
        default: true
        }
    }
}

extension FindingCode {
    var explanation: Explanation {
        let (what, why) = words
        return Explanation(rawValue, .finding, what, why: why, see: command)
    }

    private var words: (what: String, why: String) { bindingWords ?? otherWords }

    private var bindingWords: (String, String)? {
        switch self {
        case .idsJunk:
            (
                "Something in vfio-pci's ids= is no vendor:device pair.",
                "The kernel reports it and goes on with the next one. It is often a copied placeholder, or a PCI address."
            )
        case .idsAbsent:
            (
                "vfio-pci is told to take an id that no function of this node has.",
                "The card was taken out or exchanged. The next card with this id that is put in would go to vfio-pci at once, "
                    + "whoever it is meant for."
            )
        case .idsForeign:
            (
                "vfio-pci is told to take functions that the playbook does not ask for.",
                "They are no longer the host's. Ask for them in the playbook, or clean the ids."
            )
        case .idsHidden:
            (
                "Another ids= for vfio-pci is read later.",
                "modprobe hands all of them to the module, and the last one replaces the others: what stands here has no effect."
            )
        case .idsOnCommandLine:
            (
                "vfio-pci.ids= stands on the kernel command line.",
                "modprobe reads the command line after its files, so that this list replaces the ones in /etc/modprobe.d. It is "
                    + "needed only where vfio-pci is compiled into the kernel."
            )
        case .deviceScript:
            (
                "A script or rule of this node binds, removes or resets PCI devices.",
                "It acts at times nobody else knows of, and may undo what the settings say, or do what they do already. Read it; "
                    + "take it out by hand when it is no longer needed."
            )
        case .hookScript:
            (
                "A guest with a passed-through device has a hook script.",
                "Proxmox runs it when the guest starts and stops. Such scripts often unbind drivers from the device, which is not "
                    + "needed where vfio-pci has it from the boot on."
            )
        case .installCommand:
            (
                "modprobe runs a command instead of loading a module of vfio or a GPU's driver.",
                "Which driver gets a device then depends on that command."
            )
        default: nil
        }
    }

    private var otherWords: (String, String) {
        switch self {
        case .moduleObsolete:
            (
                "A module that no longer exists is to be loaded.",
                "vfio_virqfd became part of vfio with Linux 6.2. systemd-modules-load.service fails on it at every boot, which "
                    + "hides other failures."
            )
        case .moduleLoadsDriver:
            (
                "A GPU's driver is loaded by name and blacklisted as well.",
                "A blacklist keeps a driver from being loaded because a device asks for it; a list of modules may load it all the "
                    + "same."
            )
        case .blacklistTakesDriver:
            (
                "A blacklisted driver is the one that a device of the host needs.",
                "Such a line keeps the driver off every device: the host's sound, its USB ports and with them keyboards, or the "
                    + "virtual media of its management controller. A softdep or a binding by address spares them."
            )
        case .blacklistNeedless:
            (
                "Drivers are blacklisted that nothing on this node would load.",
                "It does no harm now. It surprises whoever puts in such a card later."
            )
        case .settingRepeated:
            ("The same setting stands in several places.", "Whoever takes out one of them wonders why nothing changes.")
        case .acsOverride:
            (
                "pcie_acs_override makes the kernel show smaller IOMMU groups than the hardware separates.",
                "The groups are a fiction: devices that look alone can still reach each other's memory, and the host's. What was "
                    + "planned with such groups does not hold without the argument."
            )
        case .unsafeInterrupts:
            (
                "vfio is allowed to work without interrupt remapping.",
                "A guest with a device can then send any interrupt to the host. It is a last resort for boards without interrupt "
                    + "remapping, and needless on others."
            )
        case .unsignedModule:
            (
                "Secure Boot is on, and modules are built on this node that are not loaded.",
                "The kernel then refuses modules that are not signed with a key it knows, as those of DKMS unless their key was "
                    + "enrolled (mokutil --import). vfio-pci comes signed with the kernel; vendor-reset and the like do not."
            )
        default:
            (
                "A kernel argument has no effect on this kernel or CPU.",
                "It stands in many guides. Without it the command line says what really counts."
            )
        }
    }

    private var command: String {
        switch self {
        case .idsJunk, .idsAbsent, .idsForeign, .idsHidden: "grep -rn 'options vfio' /etc/modprobe.d; lspci -Dnn"
        case .idsOnCommandLine, .acsOverride, .argumentDead: "cat /proc/cmdline"
        case .deviceScript:
            "grep -rnE 'driver_override|new_id|pci/(rescan|devices/.*/remove)' /etc/initramfs-tools /etc/udev/rules.d "
                + "/etc/systemd/system /usr/local"
        case .hookScript: "grep -H hookscript /etc/pve/qemu-server/*.conf"
        case .installCommand: "modprobe --showconfig | grep ^install"
        case .moduleObsolete:
            "systemctl status systemd-modules-load.service; grep -rn vfio_virqfd /etc/modules /etc/modules-load.d"
        case .moduleLoadsDriver: "cat /etc/modules /etc/modules-load.d/*.conf"
        case .blacklistTakesDriver, .blacklistNeedless: "grep -rn blacklist /etc/modprobe.d; lspci -nnk"
        case .settingRepeated: "grep -rnE 'vfio|blacklist' /etc/modprobe.d /etc/modules /etc/modules-load.d"
        case .unsignedModule:
            "mokutil --sb-state; dkms status; journalctl -k -b 0 | grep -i 'module verification\\|Loading of'"
        case .unsafeInterrupts: "cat /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
        }
    }
}
